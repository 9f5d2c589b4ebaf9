import {
  CodedError,
  type EventOf,
  type HexDigest,
  noSharedKeys,
  type ParticipantName,
  participantsOf,
  type Route,
  type Step,
  stepAfter,
  stepsOf,
  type VerticalSpec,
  verticalModelDigest,
} from '../../contract/index.js';
import type { Course, CourseEvent, CoursePost, JobFrame } from './frame.js';
import { StepView } from './step-view.js';

/** Of a job beside its steps: submitted, consented, rosterFixed, the ending. */
const eventsOfJob = 4;
/** Of a step beside its parcels and reports: opened, stalled. */
const eventsOfStep = 2;
/** Of everybody beside its steps: consent, join, roster signature, abort. */
const postsOfSpeaker = 4;

/** A parcel that stands in the transcript: which step, on which route. */
export interface StoredParcel {
  readonly step: Step;
  readonly route: Route;
  readonly digest: HexDigest;
  readonly bytes: number;
}

/** A vertical job after its roster: the steps that follow from its spec, each once, in order. */
export class StepCourse implements Course {
  readonly mode = 'vertical';
  readonly spec: VerticalSpec;
  /** The whole course. */
  readonly steps: readonly Step[];
  readonly #frame: JobFrame;
  readonly #views: StepView[] = [];
  readonly mostEvents: number;

  constructor(spec: VerticalSpec, frame: JobFrame) {
    this.spec = spec;
    this.#frame = frame;
    this.steps = stepsOf(spec);
    const inSteps = this.steps.reduce(
      (total, { parcels, reports }) => total + eventsOfStep + parcels.length + reports.length,
      0,
    );
    this.mostEvents = eventsOfJob + postsOfSpeaker * participantsOf(spec).length + inSteps;
  }

  /** The step that was opened last. */
  get current(): StepView | undefined {
    return this.#views.at(-1);
  }

  get position(): number {
    return this.current?.step.number ?? 0;
  }

  sharedKeys(): HexDigest {
    return noSharedKeys;
  }

  /** Parcels to a participant in steps before one, in the order of the steps. */
  parcelsTo(name: ParticipantName, before: number): StoredParcel[] {
    return this.#views.slice(0, before).flatMap((view) =>
      view.step.parcels.flatMap((route): StoredParcel[] => {
        const post = route.to === name ? view.parcel(route) : undefined;
        return post === undefined ? [] : [{ step: view.step, route, digest: post.digest, bytes: post.bytes }];
      }),
    );
  }

  follow(event: CourseEvent): void {
    // For people who watch. Whoever is waited for, what we owe stays the same.
    if (event.kind === 'stalled') return;
    if (event.kind !== 'stepOpened') {
      throw new CodedError('MESSAGE_UNEXPECTED', `${event.kind} in a vertical job, which has no sums`);
    }
    const unsigned = this.#frame.fixedRoster.names.filter((name) => !this.#frame.rosterSignatures.has(name));
    const next = this.#next;
    const follows =
      unsigned.length === 0 &&
      (this.current?.complete ?? true) &&
      next?.number === event.step &&
      next.name === event.name &&
      next.round === event.round;
    if (!follows) {
      throw new CodedError(
        'STEP_OUT_OF_ORDER',
        `the coordinator opened step ${event.step} (${event.name}, round ${event.round}), which does not follow`,
      );
    }
    this.#views.push(new StepView(next));
  }

  /** The step to come; undefined past the last. */
  get #next(): Step | undefined {
    const { current } = this;
    if (current === undefined) return this.steps[0];
    const last = [...current.reports.values()].some((report) => report.last === true);
    return stepAfter(this.steps, current.step, last);
  }

  record(sender: ParticipantName, body: CoursePost): void {
    const parties = [sender];
    if (body.kind !== 'parcel' && body.kind !== 'report') {
      throw new CodedError('MESSAGE_UNEXPECTED', `${sender} sent ${body.kind} in a vertical job`, {
        parties,
      });
    }
    if (this.current?.step.number !== body.step) {
      throw new CodedError(
        'MESSAGE_UNEXPECTED',
        `${sender} sent a ${body.kind} of step ${body.step}, which is not open`,
        { parties },
      );
    }
    this.current.record(sender, body);
  }

  /** @throws {CodedError} MODEL_DISAGREEMENT before all reports are in, or for another outcome than theirs. */
  finish(body: EventOf<'finished'>): void {
    const { current } = this;
    const rounds = this.#views.reduce((most, { step }) => Math.max(most, step.round), 0);
    const last = this.#next === undefined && current?.complete === true;
    const same =
      last &&
      body.fingerprint === this.#fingerprint(current) &&
      body.rounds === rounds &&
      body.bestRound === rounds;
    if (!same) {
      throw new CodedError(
        'MODEL_DISAGREEMENT',
        'the job was declared finished without, or against, the reports of everybody',
      );
    }
  }

  /** Of everybody's part of the model, in roster order. */
  #fingerprint({ reports }: StepView): HexDigest {
    const { names } = this.#frame.fixedRoster;
    return verticalModelDigest(names, (name) => reports.get(name)?.fingerprint ?? '');
  }
}

import { randomBytes } from 'node:crypto';
import {
  digestOf,
  type EventBody,
  fitRounds,
  type HexDigest,
  type JobId,
  jobIdOfSpec,
  noSharedKeys,
  type ParticipantName,
  type Post,
  type PostBody,
  type PostOf,
  rosterDigest,
  type Step,
  specDigest,
  stepsOf,
  type VerticalSpec,
} from '../../../contract/index.js';
import { JobTranscript } from '../../../participant/rounds/transcript.js';
import { Cast, eventsOf, submittedEvent, verticalSpecFor } from '../../support/cast.js';

const far = 1_800_000_000_000;
export const digest = (fill: string) => fill.repeat(64) as HexDigest;

/** A vertical job as an honest coordinator would show it; attacks change one thing. */
export class VerticalPlay {
  readonly names: readonly string[];
  readonly cast: Cast;
  readonly spec: VerticalSpec;
  readonly steps: readonly Step[];
  readonly bodies: EventBody[] = [];
  roster = '' as HexDigest | '';

  constructor(names: readonly string[] = ['bank-a', 'platform-b'], fields: object = {}) {
    this.names = names;
    this.cast = new Cast(names);
    this.spec = verticalSpecFor(names, fields);
    this.steps = stepsOf(this.spec);
  }

  get jobId(): JobId {
    return jobIdOfSpec(this.spec);
  }

  /** Up to the fixed roster. */
  joined(): this {
    this.bodies.push(submittedEvent(this.spec));
    for (const name of this.names) {
      const consent = { approved: true, code: '', detail: '' };
      this.say(name, { kind: 'consent', specDigest: specDigest(this.spec), ...consent });
    }
    this.bodies.push({ kind: 'consented', deadlineMs: far });
    const joins = this.names.map((name) => this.cast.join(this.spec, name));
    for (const post of joins) this.bodies.push({ kind: 'posted', post });
    const entries = joins.map(({ sender, body }) => {
      const { kind: _, ...entry } = body as PostOf<'join'>;
      return { name: sender, ...entry };
    });
    this.roster = rosterDigest(specDigest(this.spec), entries);
    return this.add({ kind: 'rosterFixed', rosterDigest: this.roster });
  }

  signed(names = this.names, commitmentsDigest: HexDigest = noSharedKeys): this {
    for (const name of names) {
      this.say(name, {
        kind: 'rosterSignature',
        rosterDigest: this.roster as HexDigest,
        commitmentsDigest,
      });
    }
    return this;
  }

  opened(step: number, change: Partial<Extract<EventBody, { kind: 'stepOpened' }>> = {}): this {
    const { name, round } = this.steps[step]!;
    return this.add({ kind: 'stepOpened', step, name, round, deadlineMs: far, ...change });
  }

  /** Opens steps one after the other, with everything that is owed in them. */
  through(last: number): this {
    for (let step = 0; step <= last; step++) this.opened(step).fulfilled(step);
    return this;
  }

  fulfilled(step: number): this {
    const { parcels, reports } = this.steps[step]!;
    for (const { from, to } of parcels) this.say(from, this.parcel(step, to));
    for (const name of reports) this.say(name, this.report(step));
    return this;
  }

  parcel(step: number, to: string, fields: Partial<PostOf<'parcel'>> = {}): PostOf<'parcel'> {
    const receiver = to as ParticipantName;
    return { kind: 'parcel', step, to: receiver, digest: digest('a'), bytes: 1000, timings: [], ...fields };
  }

  report(step: number, fields: Partial<PostOf<'report'>> = {}): PostOf<'report'> {
    return {
      kind: 'report',
      step,
      fingerprint: digest('c'),
      metrics: [],
      features: [],
      labelFunctionals: 0,
      scoresReleased: 0,
      timings: [],
      ...fields,
    };
  }

  finished(change: Partial<Extract<EventBody, { kind: 'finished' }>> = {}): this {
    const reports = [...this.names].sort().map((name) => [name, digest('c')]);
    const fingerprint = digestOf('fedrisk/v1/vertical-model', { reports });
    const rounds = fitRounds(this.spec);
    return this.add({ kind: 'finished', fingerprint, rounds, bestRound: rounds, ...change });
  }

  say(name: string, body: PostBody): this {
    return this.add({ kind: 'posted', post: this.post(name, body) });
  }

  post(name: string, body: PostBody): Post {
    const early = body.kind === 'consent' || body.kind === 'join';
    return this.cast.post(this.spec, name, body, early ? '' : this.roster);
  }

  add(...bodies: EventBody[]): this {
    this.bodies.push(...bodies);
    return this;
  }

  transcript(me = this.names[0]!): JobTranscript {
    const { jobId, cast } = this;
    const transcript = new JobTranscript({ jobId, me: me as ParticipantName, pinned: cast.pinned });
    for (const event of eventsOf(this.bodies)) transcript.apply(event);
    return transcript;
  }
}

export const someBytes = (size: number) => new Uint8Array(randomBytes(size));

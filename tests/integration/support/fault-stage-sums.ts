import type { FaultCase, SumPoint } from './fault-cases.js';
import { FaultStage } from './fault-stage.js';
import { Federation, hub } from './federation.js';
import type { Sight } from './sight.js';

/** Sums 0 and 1 are statistics, 2 and 3 the rounds of training, 4 the evaluation. */
const [round1, round2] = [2, 3];
export const rounds = 2;

type Reached = (job: Sight, name: string) => boolean;

/** What a participant's own files say; it may not have said so to anybody yet. */
const ofParticipant: Readonly<Record<SumPoint, Reached>> = {
  submitted: (job, name) => job.received(name, 'submitted'),
  consent: (job, name) => job.said(name, 'consent'),
  keying: (job, name) => job.said(name, 'join'),
  collecting: (job, name) => job.received(name, 'sumStarted', round1 + 1),
  contribute: (job, name) => job.outgoing(name, round1),
  survivors: (job, name) => job.said(name, `survivorSignature/${round2}`),
  revealed: (job, name) => job.said(name, `reveal/${round2}`),
  opened: (job, name) => job.files(name).includes(`sum-${round2}.download`),
  reported: (job, name) => job.said(name, `applied/${round2}`),
  finished: (job, name) => job.received(name, 'finished'),
};
const ofCoordinator: Readonly<Record<SumPoint, (job: Sight) => boolean>> = {
  submitted: (job) => job.of('submitted').length > 0,
  consent: (job) => job.posted('consent').length > 0,
  keying: (job) => job.posted('join').length > 0,
  collecting: (job) => job.of('sumStarted').some(({ sum }) => sum === round1),
  contribute: (job) => job.posted('contribution', round1).length > 0,
  survivors: (job) => job.of('survivorsProposed').some(({ sum }) => sum === round2),
  revealed: (job) => job.posted('reveal', round2).length > 0,
  opened: (job) => job.of('sumReady').some(({ sum }) => sum === round2),
  reported: (job) => job.posted('applied', round2).length > 0,
  finished: (job) => job.of('finished').length > 0,
};

/** Where a horizontal job is; of a participant when one is named. */
export function sumPointReached(at: FaultCase['at'], job: Sight, participant?: string): boolean {
  const point = at as SumPoint;
  return participant === undefined ? ofCoordinator[point](job) : ofParticipant[point](job, participant);
}

/** The one model of all participants. */
export function jointModel(job: Sight): string[] {
  return [...new Set([...job.homes.keys()].map((name) => job.result(name).fingerprint))];
}

/** Statistics that were opened over a population of rows: whoever opened others over nearly the same rows could compare. */
export function openedStatistics(job: Sight): string {
  const sql = 'select distinct population, members from statistic order by population, members';
  return JSON.stringify([...job.homes.keys()].map((name) => job.rows(name, sql)));
}

/** A coordinator and three participants that sum; coordinator and platform have clocks and disks of their own. */
export class SumStage extends FaultStage {
  readonly coordinators = [hub];

  private constructor(readonly federation: Federation) {
    super(federation);
  }

  static async open(): Promise<SumStage> {
    const federation = await Federation.found();
    const stage = new SumStage(federation);
    await federation.kill(hub);
    const own = [hub, 'platform-x'];
    stage.withSmallDisks(...own);
    stage.withOwnClocks(...own);
    await stage.withLines(federation.address);
    await federation.bringUp(hub);
    await federation.bringUp(...federation.names);
    return stage;
  }

  submit(): Promise<Sight> {
    const training = { rounds, epochs: 1, batchRows: 32, learningRate: 0.05, seed: 11 };
    return this.federation.submit({ training });
  }

  reached(at: FaultCase['at'], name: string, job: Sight): boolean {
    return sumPointReached(at, job, name === hub ? undefined : name);
  }

  modelOf(job: Sight): string[] {
    return jointModel(job);
  }

  spent(job: Sight): string {
    return openedStatistics(job);
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { perform, prepare, tidy } from './fault-acts.js';
import { type FaultCase, nameOfFault } from './fault-cases.js';
import { type FaultStage, NotHere } from './fault-stage.js';
import { CiphertextWatch, lostEvents, sameModel } from './fault-verdict.js';
import type { Sight } from './sight.js';

/** After this a job counts as stuck. */
const stuckMs = 180_000;
const lookMs = 10;
/** Short against any step of a job. */
const pointLookMs = 4;

/** What the same job leads to when nothing happens. */
export interface Undisturbed {
  readonly seconds: number;
  readonly model: readonly (string | number)[];
  readonly spent: string;
}

export interface Outcome {
  readonly fault: string;
  readonly at: string;
  readonly who: string;
  readonly stage: FaultCase['stage'];
  /** Whether every participant ended with the model of the undisturbed run; or the code of the end there must be. */
  readonly model: 'same' | 'other' | 'none' | (string & {});
  readonly lostEvents: number;
  /** Places of ciphertexts in which there was a second one. */
  readonly secondCiphertexts: number;
  /** Whether budgets that outlive a job are as after the undisturbed run. */
  readonly spentOnce: boolean;
  /** From the end of the fault until the victim said something again; of a coordinator, until anybody did. */
  readonly recoverySeconds?: number;
  /** Against the undisturbed run. */
  readonly delaySeconds?: number;
  readonly result: 'green' | 'red' | 'skipped';
  readonly reason?: string;
}

/** Runs a job without fault, twice: the first one also warms files and processes up. */
export async function undisturbed(stage: FaultStage): Promise<Undisturbed> {
  await undisturbedOnce(stage);
  return undisturbedOnce(stage);
}

async function undisturbedOnce(stage: FaultStage): Promise<Undisturbed> {
  const startedMs = performance.now();
  const job = await stage.submit();
  await settled(stage, job);
  const seconds = (performance.now() - startedMs) / 1000;
  try {
    return { seconds, model: stage.modelOf(job), spent: stage.spent(job) };
  } finally {
    job.close();
  }
}

/** Runs a job with one fault and judges what it left. */
export async function runCase(stage: FaultStage, each: FaultCase, usual: Undisturbed): Promise<Outcome> {
  const { fault, at, who } = each;
  const named = { fault: nameOfFault(fault), at, who, stage: each.stage };
  const startedMs = performance.now();
  const early = who === 'leader' ? [] : await stage.victims(who);
  prepare({ stage, fault, victims: early });
  const job = await stage.submit();
  const watch = new CiphertextWatch(stage, job);
  let victims = early;
  let recoverySeconds: number | undefined;
  try {
    const first = early.at(0) ?? '';
    await within(job, () => stage.reached(at, first, job) || job.failed, pointLookMs);
    if (who === 'leader') victims = await stage.victims(who, job);
    await perform({ stage, job, fault, victims });
    recoverySeconds = await recovered(stage, job, each, victims);
    await settled(stage, job);
    const delaySeconds = (performance.now() - startedMs) / 1000 - usual.seconds;
    const found = await judged(stage, job, each, usual);
    const secondCiphertexts = watch.seconds();
    const reason = reasonOf({ ...found, secondCiphertexts }, each);
    return {
      ...{ ...named, ...found, secondCiphertexts, delaySeconds },
      ...(recoverySeconds !== undefined && { recoverySeconds }),
      ...(reason === '' ? { result: 'green' } : { result: 'red', reason }),
    };
  } catch (error) {
    const skipped = error instanceof NotHere;
    const unknown = { model: 'none', lostEvents: 0, secondCiphertexts: watch.seconds(), spentOnce: true };
    return {
      ...{ ...named, ...unknown, result: skipped ? 'skipped' : 'red', reason: (error as Error).message },
    };
  } finally {
    await tidy({ stage, fault, victims });
    job.close();
  }
}

async function recovered(
  stage: FaultStage,
  job: Sight,
  { who, fault }: FaultCase,
  victims: readonly string[],
) {
  if (fault.kind === 'delay' || fault.kind === 'throttle') return undefined;
  const endedMs = performance.now();
  const participants = who === 'bank' || who === 'platform';
  const count = () =>
    participants ? job.posts.filter(({ sender }) => victims.includes(sender)).length : job.bodies.length;
  const before = count();
  const done = () => stage.names.every((name) => job.kept(name).concluded);
  await within(job, () => count() > before || done() || job.failed);
  return (performance.now() - endedMs) / 1000;
}

/** Waits until the job has ended and every participant is done with it. */
async function settled(stage: FaultStage, job: Sight): Promise<void> {
  await within(job, () => job.ended && stage.names.every((name) => job.kept(name).concluded));
}

async function within(job: Sight, condition: () => boolean, everyMs = lookMs): Promise<void> {
  const endMs = performance.now() + stuckMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`stuck for ${stuckMs / 1000} s ${standing(job)}`);
    await delay(everyMs);
  }
}

function standing({ bodies, posts }: Sight): string {
  const last = posts.at(-1);
  return `after event ${bodies.length - 1}, ${bodies.at(-1)?.kind}; last post ${last?.sender} ${last?.body.kind}`;
}

type Found = Pick<Outcome, 'model' | 'lostEvents' | 'spentOnce'> & { readonly detail?: string };

async function judged(
  stage: FaultStage,
  job: Sight,
  { ends }: FaultCase,
  usual: Undisturbed,
): Promise<Found> {
  // Read anew: what was seen may be what the disk lost.
  const last = (await stage.stored(job)).at(-1);
  if (last?.kind !== 'finished') {
    const model = last?.kind === 'failed' ? last.code : 'none';
    const spentOnce = ends !== undefined || stage.spent(job) === usual.spent;
    const detail = last?.kind === 'failed' ? last.detail : '';
    return { model, detail, lostEvents: ends === undefined ? await lostEvents(stage, job) : 0, spentOnce };
  }
  return {
    model: sameModel(stage.modelOf(job), usual.model) ? 'same' : 'other',
    lostEvents: await lostEvents(stage, job),
    spentOnce: stage.spent(job) === usual.spent,
  };
}

function reasonOf(found: Found & Pick<Outcome, 'secondCiphertexts'>, { ends }: FaultCase): string {
  return [
    found.model !== (ends ?? 'same') && `the job ended with ${found.model} ${found.detail ?? ''}`.trim(),
    found.lostEvents > 0 && `${found.lostEvents} events are lost`,
    found.secondCiphertexts > 0 && `second ciphertexts in ${found.secondCiphertexts} places`,
    !found.spentOnce && 'a budget was not spent as in the undisturbed run',
  ]
    .filter((each) => each !== false)
    .join('; ');
}

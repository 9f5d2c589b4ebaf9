import { z } from 'zod';
import { CodedError, isErrorCode } from '../../contract/index.js';
import { ended, type JobView, jobAnswer, type RoundView, roundsAnswer } from './answers.js';
import type { Progress } from './progress.js';
import type { Stage } from './stage.js';
import { parseEnvelope, type Troupe } from './troupe.js';

/** A job that finished, as the coordinator tells it. */
export interface FinishedJob {
  readonly view: JobView;
  readonly rounds: readonly RoundView[];
}

/** Generous: a demo that needs longer than this has a fault that its logs show. */
const jobMs = 300_000;

/**
 * Submits a spec as the first participant and follows the job to its end.
 * @throws {CodedError} the job's own error when it fails; {ProcessFailure} when a node ends early.
 */
export async function train(
  troupe: Troupe,
  stage: Stage,
  spec: string,
  progress: Progress,
): Promise<FinishedJob> {
  const submitter = stage.players[0]!;
  const { jobId } = z
    .object({ jobId: z.string() })
    .parse(await troupe.run(submitter, ['jobs', 'submit', spec]));
  const view = await Promise.race([follow(troupe, stage, jobId, progress), troupe.watch(stage.nodes)]);
  if (view.state !== 'finished') throw failureOf(view);
  const { rounds } = roundsAnswer.parse(await troupe.run(submitter, ['rounds', 'list', jobId]));
  return { view, rounds };
}

async function follow(troupe: Troupe, stage: Stage, jobId: string, progress: Progress): Promise<JobView> {
  let latest: JobView | undefined;
  const watch = troupe.start(
    stage.players[0]!,
    ['jobs', 'watch', jobId, '--json'],
    (line) => {
      const envelope = parseEnvelope(line);
      const answer = envelope?.ok ? jobAnswer.safeParse(envelope.data) : undefined;
      if (answer?.success && !(latest && ended(latest))) {
        latest = answer.data.job;
        progress.show(latest);
      }
    },
    'watch',
  );
  await watch.ended(jobMs);
  if (latest === undefined || !ended(latest)) throw watch.failure('stopped before the job ended');
  progress.done(latest);
  return latest;
}

function failureOf(view: JobView): Error {
  const code = isErrorCode(view.code) ? view.code : 'INTERNAL';
  return new CodedError(code, `${view.name} ${view.state}: ${view.detail}`);
}

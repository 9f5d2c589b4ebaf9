import { z } from 'zod';

/** What the demo reads of the CLI's --json answers; fields it does not use are ignored. */

const metric = z.object({ name: z.string(), round: z.number(), value: z.number() });

const participant = z.object({
  name: z.string(),
  state: z.string(),
  fraction: z.number(),
  bytesUp: z.number(),
  bytesDown: z.number(),
});

export const jobView = z.object({
  jobId: z.string(),
  name: z.string(),
  mode: z.string(),
  type: z.string(),
  state: z.string(),
  phase: z.string(),
  round: z.number(),
  rounds: z.number(),
  waitingFor: z.array(z.string()),
  code: z.string(),
  detail: z.string(),
  metrics: z.array(metric),
  participants: z.array(participant),
  submittedMs: z.number(),
  endedMs: z.number(),
  bestRound: z.number(),
  model: z.string(),
  algorithm: z.string(),
  secondsLeft: z.number(),
  labelFunctionals: z.number(),
  scoresReleased: z.number(),
});
export type JobView = z.infer<typeof jobView>;

export const jobAnswer = z.object({ job: jobView });

const roundView = z.object({
  sum: z.number(),
  purpose: z.string(),
  round: z.number(),
  startedMs: z.number(),
  agreedMs: z.number(),
  parameterSet: z.string(),
  parameters: z.string(),
  keyHolders: z.array(z.string()),
  verification: z.string(),
  fingerprint: z.string(),
  metrics: z.array(metric),
  participants: z.array(
    z.object({
      name: z.string(),
      timings: z.array(z.object({ step: z.string(), ms: z.number() })),
      bytesUp: z.number(),
      fingerprint: z.string(),
    }),
  ),
});
export type RoundView = z.infer<typeof roundView>;

export const roundsAnswer = z.object({ rounds: z.array(roundView) });

const scores = z.object({ auc: z.number(), ks: z.number() });
const ownScores = scores.extend({ rows: z.number() });

/** home/jobs/JOB/result.json of a participant; scores are on its own test rows. */
export const participantResult = z.object({
  fingerprint: z.string(),
  joint: z.object({ own: ownScores }),
  solo: z.object({ own: ownScores }),
});
export type ParticipantResult = z.infer<typeof participantResult>;

export function ended({ state }: Pick<JobView, 'state'>): boolean {
  return state === 'finished' || state === 'failed' || state === 'cancelled';
}

import { z } from 'zod';
import { hexDigest, participantName, release } from './ids.js';
import { limits } from './limits.js';
import { metric, nextStep, post, stepNumber, sumPurposes, wellFormed } from './post.js';
import { stepNames } from './vertical-steps.js';

const deadlineMs = z.int().min(0);
const sum = z
  .int()
  .min(0)
  .max(limits.sumsPerJob - 1);
const round = z.int().min(0).max(limits.rounds);
const person = wellFormed(200);
/** Names up to every participant of a job. */
const sentence = wellFormed(20_000);
const roll = z.array(participantName).max(limits.participants);

/** What stands in a transcript; the coordinator's state is the fold of these, and so is a participant's. */
export const eventBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('submitted'),
    specJson: wellFormed(2 * limits.specBytes),
    specDigest: hexDigest,
    submitter: person,
    organisation: person,
    deadlineMs,
    /** Oldest minor version whose participants can take part; the first one did not say it. */
    needs: z.preprocess((text) => text || undefined, release.optional()),
  }),
  z.strictObject({ kind: z.literal('posted'), post }),
  z.strictObject({ kind: z.literal('consented'), deadlineMs }),
  z.strictObject({ kind: z.literal('rosterFixed'), rosterDigest: hexDigest }),
  z.strictObject({
    kind: z.literal('sumKeysRequested'),
    firstSum: sum,
    count: z.int().min(1).max(limits.sumKeysPerBatch),
    deadlineMs,
  }),
  z.strictObject({
    /** The batch of mask keys under way goes on without some: they have no part in its sums. Never the first batch. */
    kind: z.literal('keysClosed'),
    firstSum: sum,
    without: roll.min(1),
  }),
  z.strictObject({
    kind: z.literal('sumStarted'),
    sum,
    purpose: z.enum(sumPurposes),
    round,
    deadlineMs,
  }),
  z.strictObject({
    kind: z.literal('survivorsProposed'),
    sum,
    members: roll,
    deadlineMs,
  }),
  /** A later level of a tree, which not all who began the tree are there for: nothing of it is opened, and the tree ends. */
  z.strictObject({ kind: z.literal('sumSkipped'), sum }),
  z.strictObject({
    kind: z.literal('sumReady'),
    sum,
    digest: hexDigest,
    bytes: z.int().min(1),
    addMs: z.number().min(0).max(1e10),
    deadlineMs,
  }),
  /** Members of a survivor set that have not opened their seeds: everybody else reveals its shares of these. */
  z.strictObject({ kind: z.literal('recoveryAsked'), sum, missing: roll }),
  z.strictObject({
    kind: z.literal('sumAgreed'),
    sum,
    fingerprint: hexDigest,
    next: nextStep,
    metrics: z.array(metric).max(20),
  }),
  z.strictObject({
    kind: z.literal('stepOpened'),
    step: stepNumber,
    name: z.enum(stepNames),
    round,
    deadlineMs,
  }),
  z.strictObject({
    /** The sum or step under way passed its deadline with too few; it waits for these until the new one. */
    kind: z.literal('stalled'),
    missing: roll,
    deadlineMs,
  }),
  /** The operator revoked a participant's certificate; the job goes on without it. */
  z.strictObject({ kind: z.literal('revoked'), party: participantName }),
  z.strictObject({
    kind: z.literal('finished'),
    fingerprint: hexDigest,
    rounds: round,
    bestRound: round,
  }),
  z.strictObject({
    kind: z.literal('failed'),
    code: wellFormed(60),
    detail: sentence,
    parties: z.array(person).max(limits.participants),
  }),
  z.strictObject({ kind: z.literal('cancelled'), by: person, reason: sentence }),
]);

export type EventBody = z.infer<typeof eventBody>;
export type EventKind = EventBody['kind'];
export type EventOf<K extends EventKind> = Extract<EventBody, { kind: K }>;

/** One entry of a transcript. `index` counts from 0 without gaps; `atMs` is the coordinator's clock. */
export interface JobEvent {
  readonly index: number;
  readonly atMs: number;
  readonly body: EventBody;
}

import { z } from 'zod';
import { hexDigest, participantName } from './ids.js';
import { metric, nextStep, post, sumPurposes } from './post.js';

const deadlineMs = z.int().min(0);
const sum = z.int().min(0);

/** What stands in a transcript; the coordinator's state is the fold of these, and so is a participant's. */
export const eventBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('submitted'),
    specJson: z.string(),
    specDigest: hexDigest,
    submitter: z.string(),
    organisation: z.string(),
    deadlineMs,
  }),
  z.strictObject({ kind: z.literal('posted'), post }),
  z.strictObject({ kind: z.literal('consented'), deadlineMs }),
  z.strictObject({ kind: z.literal('rosterFixed'), rosterDigest: hexDigest }),
  z.strictObject({ kind: z.literal('sumKeysRequested'), firstSum: sum, count: z.int().min(1), deadlineMs }),
  z.strictObject({
    kind: z.literal('sumStarted'),
    sum,
    purpose: z.enum(sumPurposes),
    round: z.int().min(0),
    deadlineMs,
  }),
  z.strictObject({
    kind: z.literal('survivorsProposed'),
    sum,
    members: z.array(participantName),
    deadlineMs,
  }),
  z.strictObject({
    kind: z.literal('sumReady'),
    sum,
    digest: hexDigest,
    bytes: z.int().min(1),
    addMs: z.number().min(0),
    deadlineMs,
  }),
  z.strictObject({
    kind: z.literal('sumAgreed'),
    sum,
    fingerprint: hexDigest,
    next: nextStep,
    metrics: z.array(metric),
  }),
  z.strictObject({
    kind: z.literal('finished'),
    fingerprint: hexDigest,
    rounds: z.int().min(0),
    bestRound: z.int().min(0),
  }),
  z.strictObject({
    kind: z.literal('failed'),
    code: z.string(),
    detail: z.string(),
    parties: z.array(z.string()),
  }),
  z.strictObject({ kind: z.literal('cancelled'), by: z.string(), reason: z.string() }),
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

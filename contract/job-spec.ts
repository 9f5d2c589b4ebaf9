import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Canonical, canonicalJson, digestOf } from './canonical.js';
import { type HorizontalSpec, horizontalSpec } from './horizontal-spec.js';
import { type HexDigest, type JobId, jobIdOf, type ParticipantName } from './ids.js';
import type { SumPurpose } from './post.js';
import { fewestIncluded } from './quorum.js';
import { isStatistic } from './sum-sequence.js';
import { usualRejoinSeconds, verticalSpec } from './vertical-spec.js';

/**
 * A job as its submitter writes it. Everything has a unit or a range; unknown fields are refused.
 * The submitted form adds the nonce; its digest is what participants consent to.
 */
export const jobSpec = z.discriminatedUnion('mode', [horizontalSpec, verticalSpec]);

/** A validated job spec, defaults filled in. */
export type JobSpec = z.infer<typeof jobSpec>;
/** A job spec as people write it, without nonce. */
export type JobSpecInput = WithoutNonce<z.input<typeof jobSpec>>;
type WithoutNonce<S> = S extends unknown ? Omit<S, 'nonce'> : never;

/** Everybody who takes part, as the spec lists them. */
export function participantsOf(spec: JobSpec): readonly ParticipantName[] {
  return spec.mode === 'horizontal' ? spec.participants : (Object.keys(spec.parties) as ParticipantName[]);
}

/** How a job trains, as policies and people name it: trees leave no choice. */
export function algorithmOf({
  model,
  algorithm,
}: HorizontalSpec): HorizontalSpec['algorithm']['kind'] | 'boosting' {
  return model.kind === 'trees' ? 'boosting' : algorithm.kind;
}

/**
 * Members that the survivor set of a sum needs: of statistics everybody, else what the spec or safety asks for. The first
 * round of a logistic model or of trees is a statistic too: it starts from zeros, or from the share of bad rows, in every job,
 * so that a later job over the same rows would need the very set again.
 */
export function neededMembers(
  spec: HorizontalSpec,
  { purpose, round }: { readonly purpose: SumPurpose; readonly round: number },
): number {
  const { participants, colluders, participation } = spec;
  const seeded = spec.warmStart !== undefined || spec.model.kind === 'mlp' || spec.model.kind === 'layers';
  const untrained = purpose === 'update' && round === 1 && !seeded;
  if (isStatistic(purpose) || untrained) return participants.length;
  return participation.quorum ?? fewestIncluded(participants.length, colluders);
}

export function drawNonce(): string {
  return randomBytes(32).toString('hex');
}

/** Of a written spec, whether it names its seed; everything else in it is judged by `jobSpec`. */
export const seedInSpec = z.looseObject({
  training: z.looseObject({ seed: z.int().optional() }).optional(),
});

/**
 * The seed of a spec that names none, as the one who submits it fills it in: another for each job, since models of jobs that
 * share one are the same from round to round, and so need the same participants in them (STATISTICS_DIFFERENCING).
 */
export function seedOfNonce(nonce: string): number {
  return Number.parseInt(nonce.slice(0, 8), 16) >>> 1;
}

/** RFC 8785 form of a spec: what is stored, sent and digested. */
export function specJson(spec: JobSpec): string {
  return canonicalJson(written(spec));
}

export function specDigest(spec: JobSpec): HexDigest {
  return digestOf('fedrisk/v1/job-spec', written(spec));
}

/**
 * A spec as its text has it. What a version adds to it stands there only where it says more than its absence: specs that
 * were submitted before keep their digests, and participants of the version before can read new ones.
 */
function written(spec: JobSpec): Canonical {
  if (spec.mode === 'horizontal') return spec as unknown as Canonical;
  const { rejoinSeconds, ...deadlines } = spec.deadlines;
  const same = rejoinSeconds === usualRejoinSeconds ? { ...spec, deadlines } : spec;
  return same as unknown as Canonical;
}

export function jobIdOfSpec(spec: JobSpec): JobId {
  return jobIdOf(specDigest(spec));
}

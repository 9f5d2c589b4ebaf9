import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Canonical, canonicalJson, digestOf } from './canonical.js';
import { horizontalSpec } from './horizontal-spec.js';
import { type HexDigest, type JobId, jobIdOf, type ParticipantName } from './ids.js';
import { verticalSpec } from './vertical-spec.js';

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

/**
 * Fewest contributors of distinct organisations to a secure sum (PROTOCOLS §0): two would each learn the other's
 * part. A vertical job is the protocol for a pair.
 */
export function minimumContributors(colluders: number): number {
  return Math.max(3, colluders + 2);
}

/** Shamir threshold and signature quorum Q = floor((n + c) / 2) + 1 (PROTOCOLS §2). */
export function quorumOf(participants: number, colluders: number): number {
  return Math.floor((participants + colluders) / 2) + 1;
}

export function drawNonce(): string {
  return randomBytes(32).toString('hex');
}

/** RFC 8785 form of a spec: what is stored, sent and digested. */
export function specJson(spec: JobSpec): string {
  return canonicalJson(spec as unknown as Canonical);
}

export function specDigest(spec: JobSpec): HexDigest {
  return digestOf('fedrisk/v1/job-spec', spec as unknown as Canonical);
}

export function jobIdOfSpec(spec: JobSpec): JobId {
  return jobIdOf(specDigest(spec));
}

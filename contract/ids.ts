import { z } from 'zod';

declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** `job-` and 32 hex digits of the spec digest: a job id names exactly one spec. */
export type JobId = Brand<string, 'JobId'>;
/** Certificate name of a bank or platform: 2–40 of `a-z 0-9 -`, starting with a letter. */
export type ParticipantName = Brand<string, 'ParticipantName'>;
/** 64 lower-case hex digits. */
export type HexDigest = Brand<string, 'HexDigest'>;

export const participantName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{1,39}$/, 'must be 2 to 40 of a-z, 0-9 and -, starting with a letter')
  .transform((value) => value as ParticipantName);

export const jobId = z
  .string()
  .regex(/^job-[0-9a-f]{32}$/, 'must be job- and 32 hex digits')
  .transform((value) => value as JobId);

/** Lower-case hex of exactly `bytes` bytes. */
export const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `must be ${bytes} bytes in hex`);

export const hexDigest = hex(32).transform((value) => value as HexDigest);

export function jobIdOf(specDigest: HexDigest): JobId {
  return `job-${specDigest.slice(0, 32)}` as JobId;
}

/** Minor version of the package, `MAJOR.MINOR`. */
export const release = z.string().regex(/^\d{1,4}\.\d{1,4}$/);

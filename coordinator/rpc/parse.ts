import type { z } from 'zod';
import { CodedError, type JobId, jobId } from '../../contract/index.js';

/** Parses a foreign message once. @throws {CodedError} MESSAGE_MALFORMED naming the field. */
export function parse<Schema extends z.ZodType>(schema: Schema, message: unknown): z.output<Schema> {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join('.') || 'message';
  throw new CodedError('MESSAGE_MALFORMED', `${field}: ${issue?.message}`);
}

/** @throws {CodedError} MESSAGE_MALFORMED */
export function parseJobId(message: unknown): JobId {
  const parsed = jobId.safeParse(message);
  if (parsed.success) return parsed.data;
  throw new CodedError('MESSAGE_MALFORMED', 'jobId: must be job- and 32 hex digits');
}

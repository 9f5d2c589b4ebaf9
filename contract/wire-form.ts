import { z } from 'zod';
import { CodedError } from './errors/index.js';
import { type EventBody, eventBody, type JobEvent } from './event.js';
import { type Post, post } from './post.js';

/**
 * Transcripts on the wire: proto-loader gives a oneof as `{ body: 'x', x: fields }`; inside the house the
 * same thing is `{ kind: 'x', ...fields }`. Parsing happens here, once, at the edge.
 */
type Wire = Record<string, unknown>;

function wrap<K extends string>(tagged: { readonly kind: K }): Wire {
  const { kind, ...fields } = tagged;
  return { body: kind, [kind]: fields };
}

function unwrap(message: unknown): Wire {
  const wire = message as Wire | null | undefined;
  const kind = wire?.body;
  if (typeof kind !== 'string') return {};
  return { ...(wire?.[kind] as Wire), kind };
}

export function postToWire({ body, ...frame }: Post): Wire {
  return { ...frame, ...wrap(body) };
}

/** @throws {CodedError} MESSAGE_MALFORMED naming the field that does not fit. */
export function postFromWire(message: unknown): Post {
  const wire = (message ?? {}) as Wire;
  const { sender, rosterDigest, signature } = wire;
  return parse(post, { sender, rosterDigest, signature, body: unwrap(wire) });
}

export function eventToWire({ index, atMs, body }: JobEvent): Wire {
  const tagged = body.kind === 'posted' ? { kind: 'posted' as const, ...postToWire(body.post) } : body;
  return { index, atMs, ...wrap(tagged) };
}

const place = z.object({ index: z.int().min(0), atMs: z.int() });

/** @throws {CodedError} MESSAGE_MALFORMED naming the field that does not fit. */
export function eventFromWire(message: unknown): JobEvent {
  const wire = (message ?? {}) as Wire;
  const { index, atMs } = parse(place, { index: wire.index, atMs: wire.atMs });
  const body: EventBody =
    wire.body === 'posted'
      ? { kind: 'posted', post: postFromWire(wire.posted) }
      : parse(eventBody, unwrap(wire));
  return { index, atMs, body };
}

interface Schema<T> {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: T }
    | { success: false; error: { issues: readonly { path: PropertyKey[]; message: string }[] } };
}

function parse<T>(schema: Schema<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new CodedError(
    'MESSAGE_MALFORMED',
    `${issue?.path.map(String).join('.') || 'message'}: ${issue?.message}`,
  );
}

import { z } from 'zod';
import { hex, hexDigest, participantName } from '../../contract/index.js';
import { card, organisation, role } from '../../crypto/identity/index.js';

const atMs = z.int().min(0);

/** What can happen to the registry of parties; its state is the fold of these, in log order. */
export const registryEvent = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('invited'),
    atMs,
    invitationId: hex(16),
    /** SHA-256 of the invitation's secret; the secret itself is in the token only. */
    secretDigest: hexDigest,
    name: participantName,
    organisation,
    role,
    expiresMs: atMs,
  }),
  z.strictObject({
    kind: z.literal('enrolled'),
    atMs,
    /** Empty for the operator's certificate that `init` makes without an invitation. */
    invitationId: z.union([z.literal(''), hex(16)]),
    name: participantName,
    organisation,
    role,
    certificateFingerprint: hexDigest,
    certificatePem: z.string().max(8192),
    /** SHA-256 of the PKCS #10 request: the same request again gets the same certificate. */
    requestDigest: hexDigest,
    /** Ed25519 key of a participant, hex; empty for people. */
    identityKey: z.union([z.literal(''), hex(32)]),
    expiresMs: atMs,
  }),
  z.strictObject({ kind: z.literal('revoked'), atMs, name: participantName, reason: z.string().max(500) }),
  z.strictObject({ kind: z.literal('carded'), atMs, card }),
]);

export type RegistryEvent = z.infer<typeof registryEvent>;
export type RegistryEventOf<K extends RegistryEvent['kind']> = Extract<RegistryEvent, { kind: K }>;

/**
 * Append-only and ordered. Several processes may append (replicas, `coordinator revoke`); each sees the events of all
 * in one order, and what two of them say at once is settled by the fold. An index is given only when every event
 * below it can be read, so who read up to an index has missed nothing.
 */
export interface RegistryLog {
  /** Durable when it resolves. */
  append(event: RegistryEvent): Promise<void>;
  /** Events with an index above `afterIndex` in order; -1 reads from the start. Called at every RPC: cheap when there is nothing new. */
  read(afterIndex: number): Promise<readonly { readonly index: number; readonly event: RegistryEvent }[]>;
}

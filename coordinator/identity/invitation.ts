import { CodedError } from '../../contract/index.js';
import { encodeToken, hostPort, type Subject, subject } from '../../crypto/identity/index.js';
import type { CoordinatorHome } from './coordinator-home.js';
import type { Registry } from './registry.js';

const hourMs = 3_600_000;
/** How long an invitation can be used: three days unless told, between a minute and thirty days. */
export const invitationMs = { standard: 72 * hourMs, least: 60_000, most: 720 * hourMs } as const;

/**
 * Makes a single-use token. Only the digest of its secret is kept, so it cannot be shown again; inviting the same
 * name anew withdraws the earlier token.
 * @throws {CodedError} CONFIG_INVALID, NAME_TAKEN
 */
export async function createInvitation(
  registry: Registry,
  home: Pick<CoordinatorHome, 'config' | 'caFingerprint'>,
  order: {
    readonly name: string;
    readonly organisation: string;
    readonly role: string;
    readonly validMs?: number;
    /** Where this party reaches the coordinator, when it differs from the coordinator's own settings. */
    readonly address?: string;
    readonly enrolmentAddress?: string;
  },
): Promise<{ readonly token: string; readonly subject: Subject; readonly expiresMs: number }> {
  const validMs = order.validMs ?? invitationMs.standard;
  if (!Number.isInteger(validMs) || validMs < invitationMs.least || validMs > invitationMs.most) {
    throw new CodedError('CONFIG_INVALID', 'an invitation is valid between a minute and thirty days');
  }
  const { name, organisation, role } = order;
  const parsed = subject.safeParse({ name, organisation, role });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new CodedError('CONFIG_INVALID', `${issue?.path.map(String).join('.')} ${issue?.message}`);
  }
  const address = order.address ?? home.config.address;
  const enrolmentAddress = order.enrolmentAddress ?? home.config.enrolmentAddress;
  if (!hostPort.safeParse(address).success || !hostPort.safeParse(enrolmentAddress).success) {
    throw new CodedError('CONFIG_INVALID', 'an address must be host:port');
  }
  const { invitationId, secret, expiresMs } = await registry.invite(parsed.data, validMs);
  const token = encodeToken({
    coordinator: home.config.name,
    enrolmentAddress,
    address,
    caFingerprint: home.caFingerprint,
    invitationId,
    secret,
    ...parsed.data,
    expiresMs,
  });
  return { token, subject: parsed.data, expiresMs };
}

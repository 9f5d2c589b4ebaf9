import { randomBytes, timingSafeEqual } from 'node:crypto';
import {
  type Clock,
  CodedError,
  canonicalJson,
  type HexDigest,
  hinted,
  type ParticipantName,
  Secret,
} from '../../contract/index.js';
import { type Card, type Role, type Subject, secretDigest, verifyCard } from '../../crypto/identity/index.js';
import type { RegistryEventOf, RegistryLog } from './registry-log.js';
import { applyRegistryEvent, type Enrolment, emptyRegistry, type Invitation } from './registry-state.js';

/** Who makes a call, as its certificate proves and the registry confirms. */
export interface Caller {
  readonly name: ParticipantName;
  readonly organisation: string;
  readonly role: Role;
  readonly certificateFingerprint: HexDigest;
  /** Ed25519 key given at enrolment, hex; empty for people. */
  readonly identityKey: string;
}

/** One row of `participants list`. */
export interface PartyRow extends Caller {
  readonly status: 'enrolled' | 'revoked' | 'expired';
  readonly expiresMs: number;
}

/**
 * Parties, invitations and cards: the fold of an append-only log. What acts (invite, enrol, revoke, `caller`) catches up
 * with the log first; what lists shows the log as of the latest catching up, which is the one at the start of a call.
 */
export class Registry {
  readonly #state = emptyRegistry();
  #seen = -1;
  #reading: Promise<void> = Promise.resolve();
  #nextReading: Promise<void> | undefined;

  constructor(
    private readonly log: RegistryLog,
    private readonly clock: Clock,
  ) {}

  /** @throws {CodedError} NAME_TAKEN while a party that is not revoked holds the name. */
  async invite(
    subject: Subject,
    validMs: number,
  ): Promise<{ invitationId: string; secret: Secret; expiresMs: number }> {
    await this.refresh();
    if (this.#state.holders.get(subject.name)?.revoked === false) throw nameTaken(subject.name);
    const invitationId = randomBytes(16).toString('hex');
    const secret = new Secret(new Uint8Array(randomBytes(32)));
    const atMs = this.clock.now();
    const expiresMs = atMs + validMs;
    const digest = secretDigest(secret) as HexDigest;
    await this.log.append({
      kind: 'invited',
      atMs,
      invitationId,
      secretDigest: digest,
      ...subject,
      expiresMs,
    });
    return { invitationId, secret, expiresMs };
  }

  /**
   * The invitation behind a token. Used and expired are told apart only to who knows the secret.
   * `requestDigest` is the request the token is to be traded for: asking again with the same request is no
   * second use, so an answer that was lost on the way can be fetched again.
   * @throws {CodedError} TOKEN_INVALID, TOKEN_USED or TOKEN_EXPIRED
   */
  async invitation(invitationId: string, secret: Secret, requestDigest: string): Promise<Invitation> {
    await this.refresh();
    const invitation = this.#state.invitations.get(invitationId);
    const stored = Buffer.from(invitation?.secretDigest ?? '00'.repeat(32), 'hex');
    const fits = timingSafeEqual(stored, Buffer.from(secretDigest(secret), 'hex'));
    if (!invitation || !fits || invitation.withdrawn) {
      throw tokenInvalid();
    }
    if (invitation.usedFor && invitation.usedFor.requestDigest !== requestDigest) throw tokenUsed();
    if (!invitation.usedFor && invitation.expiresMs <= this.clock.now()) {
      throw new CodedError('TOKEN_EXPIRED', `the invitation of ${invitation.name} has expired`);
    }
    return invitation;
  }

  /**
   * Records a certificate and says which one counts: another process may have been first.
   * @throws {CodedError} TOKEN_USED, NAME_TAKEN, or TOKEN_INVALID when it was withdrawn meanwhile
   */
  async enrol(fields: Omit<RegistryEventOf<'enrolled'>, 'kind' | 'atMs'>): Promise<Enrolment> {
    await this.log.append({ kind: 'enrolled', atMs: this.clock.now(), ...fields });
    await this.refresh();
    const own = this.#state.enrolments.get(fields.certificateFingerprint);
    const first = own ?? this.#state.invitations.get(fields.invitationId)?.usedFor;
    if (first?.requestDigest === fields.requestDigest) return first;
    if (first) throw tokenUsed();
    if (this.#state.holders.get(fields.name)?.revoked === false) throw nameTaken(fields.name);
    throw tokenInvalid();
  }

  /**
   * Takes effect at the next call of the party, in every process that shares the log. Open invitations of the
   * name end too.
   * @throws {CodedError} PARTICIPANT_UNKNOWN
   */
  async revoke(name: ParticipantName, reason: string): Promise<void> {
    await this.refresh();
    const active = this.#state.holders.get(name)?.revoked === false;
    const invited = [...this.#state.invitations.values()].some(
      (invitation) => invitation.name === name && !invitation.usedFor && !invitation.withdrawn,
    );
    if (!active && !invited) {
      const known = [
        ...this.#state.holders.keys(),
        ...[...this.#state.invitations.values()].map((each) => each.name),
      ];
      throw new CodedError('PARTICIPANT_UNKNOWN', `nobody is enrolled or invited as ${hinted(name, known)}`, {
        parties: [name],
      });
    }
    await this.log.append({ kind: 'revoked', atMs: this.clock.now(), name, reason });
    await this.refresh();
  }

  /** @throws {CodedError} CERTIFICATE_UNKNOWN, CERTIFICATE_REVOKED or CERTIFICATE_EXPIRED */
  async caller(certificateFingerprint: HexDigest): Promise<Caller> {
    await this.refresh();
    const enrolment = this.#state.enrolments.get(certificateFingerprint);
    if (!enrolment) throw new CodedError('CERTIFICATE_UNKNOWN', 'no such certificate was issued here');
    const parties = [enrolment.name];
    if (enrolment.revoked) {
      throw new CodedError('CERTIFICATE_REVOKED', `the certificate of ${enrolment.name} was revoked`, {
        parties,
      });
    }
    if (enrolment.expiresMs <= this.clock.now()) {
      throw new CodedError('CERTIFICATE_EXPIRED', `the certificate of ${enrolment.name} has expired`, {
        parties,
      });
    }
    return callerOf(enrolment);
  }

  /**
   * Whether a party is out, as of the latest catching up: by the certificate it is known by, else by its name, which a
   * later party may hold again.
   */
  isRevoked(name: ParticipantName, certificateFingerprint?: HexDigest): boolean {
    const { enrolments, holders } = this.#state;
    const known = certificateFingerprint === undefined ? undefined : enrolments.get(certificateFingerprint);
    return (known ?? holders.get(name))?.revoked === true;
  }

  /** Whose certificate it is, for the log, as far as is known without asking. */
  knownName(certificateFingerprint: HexDigest): ParticipantName | undefined {
    return this.#state.enrolments.get(certificateFingerprint)?.name;
  }

  /** All parties that ever enrolled, the latest holder of each name, sorted by name. */
  parties(): PartyRow[] {
    const nowMs = this.clock.now();
    return [...this.#state.holders.values()].sort(byName).map((enrolment) => ({
      ...callerOf(enrolment),
      status: enrolment.revoked ? 'revoked' : enrolment.expiresMs <= nowMs ? 'expired' : 'enrolled',
      expiresMs: enrolment.expiresMs,
    }));
  }

  /**
   * Stores a caller's card. It must say of the caller what its certificate says.
   * @throws {CodedError} MESSAGE_MALFORMED, SIGNATURE_INVALID or ROLE_FORBIDDEN
   */
  async publishCard(caller: Caller, foreign: unknown): Promise<void> {
    const card = verifyCard(foreign);
    const { name, organisation, role: kind, certificateFingerprint, identityKey } = caller;
    const expected = { name, organisation, kind, certificateFingerprint, identityKey };
    const { signature: _, ...stated } = card;
    if (canonicalJson(stated) !== canonicalJson(expected)) {
      throw new CodedError('ROLE_FORBIDDEN', `${name} may publish its own card only`, { parties: [name] });
    }
    const known = this.#state.cards.get(name);
    if (known && canonicalJson(known) === canonicalJson(card)) return;
    await this.log.append({ kind: 'carded', atMs: this.clock.now(), card });
    await this.refresh();
  }

  /** The directory: cards of parties that are not revoked, sorted by name. */
  cards(): Card[] {
    return [...this.#state.cards.values()].sort(byName);
  }

  /**
   * Applies what was logged before this call, by whomever. Who calls while a read is under way shares the next one: it
   * starts after they asked, and a thousand callers at once make two reads.
   */
  refresh(): Promise<void> {
    this.#nextReading ??= this.#reading
      .catch(() => undefined)
      .then(() => {
        this.#nextReading = undefined;
        this.#reading = this.#readNew();
        return this.#reading;
      });
    return this.#nextReading;
  }

  async #readNew(): Promise<void> {
    for (const { index, event } of await this.log.read(this.#seen)) {
      applyRegistryEvent(this.#state, event);
      this.#seen = index;
    }
  }
}

function callerOf({ name, organisation, role, certificateFingerprint, identityKey }: Enrolment): Caller {
  return { name, organisation, role, certificateFingerprint, identityKey };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function nameTaken(name: string): CodedError<'NAME_TAKEN'> {
  return new CodedError('NAME_TAKEN', `${name} is enrolled already`, { parties: [name] });
}

function tokenUsed(): CodedError<'TOKEN_USED'> {
  return new CodedError('TOKEN_USED', 'the invitation was used before');
}

function tokenInvalid(): CodedError<'TOKEN_INVALID'> {
  return new CodedError('TOKEN_INVALID', 'the coordinator does not know this invitation');
}

import type { Card } from '../../crypto/identity/index.js';
import type { RegistryEvent, RegistryEventOf } from './registry-log.js';

export interface Invitation extends Omit<RegistryEventOf<'invited'>, 'kind' | 'atMs'> {
  /** Withdrawn: a later invitation or a revocation of the same name took its place. */
  withdrawn: boolean;
  /** Certificate it was traded for. */
  usedFor: Enrolment | undefined;
}

export interface Enrolment extends Omit<RegistryEventOf<'enrolled'>, 'kind' | 'atMs'> {
  revoked: boolean;
}

export interface RegistryState {
  readonly invitations: Map<string, Invitation>;
  /** By certificate fingerprint. */
  readonly enrolments: Map<string, Enrolment>;
  /** Latest holder of each name, revoked ones included. */
  readonly holders: Map<string, Enrolment>;
  /** By name, of holders that are not revoked. */
  readonly cards: Map<string, Card>;
}

export function emptyRegistry(): RegistryState {
  return { invitations: new Map(), enrolments: new Map(), holders: new Map(), cards: new Map() };
}

/**
 * The one function that changes the registry. An event that lost a race has no effect: of two enrolments with one
 * invitation, or under one name, the first in the log counts.
 */
export function applyRegistryEvent(state: RegistryState, event: RegistryEvent): void {
  switch (event.kind) {
    case 'invited':
      applyInvited(state, event);
      break;
    case 'enrolled':
      applyEnrolled(state, event);
      break;
    case 'revoked':
      applyRevoked(state, event);
      break;
    case 'carded':
      applyCarded(state, event);
      break;
  }
}

function applyInvited(
  state: RegistryState,
  { kind: _, atMs: __, ...invitation }: RegistryEventOf<'invited'>,
) {
  withdrawInvitations(state, invitation.name);
  state.invitations.set(invitation.invitationId, { ...invitation, withdrawn: false, usedFor: undefined });
}

function applyEnrolled(state: RegistryState, { kind: _, atMs: __, ...fields }: RegistryEventOf<'enrolled'>) {
  const invitation = state.invitations.get(fields.invitationId);
  const invited = fields.invitationId === '' || (invitation && !invitation.withdrawn && !invitation.usedFor);
  if (!invited || state.holders.get(fields.name)?.revoked === false) return;
  const enrolment: Enrolment = { ...fields, revoked: false };
  if (invitation) invitation.usedFor = enrolment;
  state.enrolments.set(fields.certificateFingerprint, enrolment);
  state.holders.set(fields.name, enrolment);
}

function applyRevoked(state: RegistryState, { name }: RegistryEventOf<'revoked'>) {
  withdrawInvitations(state, name);
  const holder = state.holders.get(name);
  if (holder) holder.revoked = true;
  state.cards.delete(name);
}

function applyCarded(state: RegistryState, { card }: RegistryEventOf<'carded'>) {
  const holder = state.holders.get(card.name);
  if (holder?.revoked === false && holder.identityKey === card.identityKey) state.cards.set(card.name, card);
}

function withdrawInvitations(state: RegistryState, name: string): void {
  for (const invitation of state.invitations.values()) {
    if (invitation.name === name && !invitation.usedFor) invitation.withdrawn = true;
  }
}

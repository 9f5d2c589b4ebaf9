import { CodedError } from '../../contract/index.js';
import type { Caller } from '../identity/index.js';
import type { Charter } from '../rounds/index.js';
import type { KnownParty } from './participant-view.js';

export function isParticipant(caller: Caller): boolean {
  return caller.role === 'bank' || caller.role === 'platform';
}

/** @throws {CodedError} ROLE_FORBIDDEN */
export function checkMaySubmit(caller: Caller): void {
  if (caller.role === 'scientist' || isParticipant(caller)) return;
  throw new CodedError('ROLE_FORBIDDEN', `role ${caller.role} does not submit jobs`);
}

/**
 * Operators and auditors read every job; participants those they are named in; everybody what their own
 * organisation submitted; scientists also the jobs a participant of their organisation is in.
 */
export function mayRead(caller: Caller, charter: Charter, parties: ReadonlyMap<string, KnownParty>): boolean {
  if (caller.role === 'operator' || caller.role === 'auditor') return true;
  if (charter.submitter === caller.name || charter.organisation === caller.organisation) return true;
  if (isParticipant(caller)) return charter.roster.includes(caller.name);
  return charter.roster.some((name) => parties.get(name)?.organisation === caller.organisation);
}

/** @throws {CodedError} ROLE_FORBIDDEN */
export function checkMayRead(
  caller: Caller,
  charter: Charter,
  parties: ReadonlyMap<string, KnownParty>,
): void {
  if (mayRead(caller, charter, parties)) return;
  throw new CodedError('ROLE_FORBIDDEN', `${caller.name} has no part in ${charter.jobId}`);
}

/** Operators stop any job, others those they submitted. @throws {CodedError} ROLE_FORBIDDEN */
export function checkMayCancel(caller: Caller, charter: Charter): void {
  if (caller.role === 'operator' || charter.submitter === caller.name) return;
  throw new CodedError('ROLE_FORBIDDEN', `only ${charter.submitter} or an operator stops ${charter.jobId}`);
}

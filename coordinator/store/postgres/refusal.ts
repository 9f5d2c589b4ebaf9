import { CodedError } from '../../../contract/index.js';

/** Class 53, resources (53100 is a full disk), and 58030, an I/O error; 53300, connections, is no matter of room. */
const roomStates = /^(53(?!300)|58030)/;
/**
 * Classes 08 connection, 53 resources, 57 the operator, 58 the system; 25006 a server that takes no writes, 25P0x a
 * transaction that the database ended, 40001 and 40P01 one that others were in the way of.
 */
const passingStates = /^(08|53|57|58|25006|25P0|40001|40P01)/;
/** Of Node: EPIPE and the like, and certificates that are not accepted, such as CERT_HAS_EXPIRED. */
const passingCodes = /^E[A-Z]+$|CERT|TLS|SSL|SIGNATURE/;

/** What an operator looks for, by SQLSTATE. */
const named: Readonly<Record<string, string>> = {
  '53300': "the coordinator's database takes no more connections",
  '25006': "the coordinator's database is a standby or set read-only: it takes no writes",
};

/**
 * What the database says, as a code of ours: STORAGE_FULL where it has no room, COORDINATOR_UNREACHABLE for whatever else
 * may be over in a moment (callers come back by themselves); anything else as it is. Without the cause: a connection
 * error can quote the URL's parts.
 */
export function databaseRefusal(thrown: unknown): unknown {
  if (thrown instanceof CodedError) return thrown;
  const { code, message } = thrown as { readonly code?: unknown; readonly message?: unknown };
  const state = typeof code === 'string' ? code : '';
  const isState = /^[0-9A-Z]{5}$/.test(state) && !/^E[A-Z]{4}$/.test(state);
  if (isState && roomStates.test(state)) {
    return new CodedError('STORAGE_FULL', `the database has no room or cannot write (${state})`);
  }
  const passing = isState
    ? passingStates.test(state)
    : passingCodes.test(state) || /connection|timeout|client was closed/i.test(String(message));
  if (!passing) return thrown;
  const what = named[state] ?? "the coordinator's database does not answer";
  return new CodedError('COORDINATOR_UNREACHABLE', `${what} (${state || 'closed'})`);
}

import { CodedError, type ErrorCode, type ParticipantName } from '../../contract/index.js';
import { isExchanging, isSumming, type Unfinished } from './state.js';

/** @param parties who is at fault, where that is more than lateness. */
export function refuse(code: ErrorCode, message: string, parties: readonly ParticipantName[] = []): never {
  throw new CodedError(code, message, { parties });
}

export function malformed(message: string): never {
  refuse('MESSAGE_MALFORMED', message);
}

export function outOfPlace(state: Unfinished, what: string): never {
  refuse('MESSAGE_UNEXPECTED', `${what} has no place in state ${stateName(state)}`);
}

function stateName(state: Unfinished): string {
  if (state.kind === 'keying') return `keying (${state.keying.stage})`;
  if (isExchanging(state)) {
    const { number, name } = state.openStep.step;
    return `${state.kind} (step ${number}, ${name})`;
  }
  if (!isSumming(state)) return state.kind;
  return `${state.kind} (sum ${state.current.sum}, ${state.current.phase})`;
}

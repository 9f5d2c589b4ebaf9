import { CodedError, type ErrorCode } from '../../contract/index.js';
import { isExchanging, isSumming, type Unfinished } from './state.js';

export function refuse(code: ErrorCode, message: string): never {
  throw new CodedError(code, message);
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

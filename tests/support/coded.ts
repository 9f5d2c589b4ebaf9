import { CodedError } from '../../contract/index.js';

/** The code an action fails with; `'no error'` when it does not fail, anything uncoded is thrown on. */
export function coded(action: () => unknown): string {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown.code;
    throw thrown;
  }
  return 'no error';
}

export async function codedAsync(action: Promise<unknown>): Promise<string> {
  try {
    await action;
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown.code;
    throw thrown;
  }
  return 'no error';
}

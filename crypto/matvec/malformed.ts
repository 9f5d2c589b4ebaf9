import { CodedError } from '../../contract/core.js';

/** Foreign bytes that no honest party sends. */
export function malformed(message: string): CodedError {
  return new CodedError('CIPHERTEXT_MALFORMED', message);
}

/** Runs what parses bytes of `from`, who is named in CIPHERTEXT_MALFORMED. */
export async function blaming<T>(from: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    throw blamed(from, thrown);
  }
}

/** The same for what needs no waiting. */
export function blamingNow<T>(from: string, run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    throw blamed(from, thrown);
  }
}

function blamed(from: string, thrown: unknown): unknown {
  if (!(thrown instanceof CodedError) || thrown.code !== 'CIPHERTEXT_MALFORMED') return thrown;
  return new CodedError(thrown.code, `${from}: ${thrown.message}`, { cause: thrown, parties: [from] });
}

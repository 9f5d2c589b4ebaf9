import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodedError, type ErrorCode, toCodedError } from './errors/index.js';

/** What a worker thread answers: errors lose their class and fields between threads, so they cross as values. */
export type ThreadOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly message: string;
      readonly parties: readonly string[];
    };

/** In the worker: runs a task and never throws. */
export async function outcomeOf<T>(run: () => Promise<T>): Promise<ThreadOutcome<T>> {
  try {
    return { ok: true, value: await run() };
  } catch (thrown) {
    const { code, message, parties } = toCodedError(thrown);
    return { ok: false, code, message, parties };
  }
}

/** In the caller: the value, or the coded error thrown again. */
export function settledValue<T>(outcome: ThreadOutcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new CodedError(outcome.code, outcome.message, { parties: outcome.parties });
}

/**
 * Path of a worker beside the calling module, as JavaScript: threads cannot load TypeScript on Node 20, so modules
 * that run from source (under test) use the built worker.
 */
export function workerBeside(moduleUrl: string, name: string): string {
  const here = fileURLToPath(moduleUrl);
  if (here.endsWith('.js')) return join(dirname(here), name);
  let root = dirname(here);
  while (!existsSync(join(root, 'package.json'))) root = dirname(root);
  return join(root, 'dist', relative(root, dirname(here)), name);
}

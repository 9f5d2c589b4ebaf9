import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type * as TensorFlow from '@tensorflow/tfjs';

/** The tensor library of this thread, with its backend chosen and ready. */
export interface Backend {
  readonly tf: typeof TensorFlow;
  readonly name: 'tfjs-node' | 'wasm';
}

let loaded: Promise<Backend> | undefined;

/** Loads the native backend when its optional package works here, else WASM. Once per thread. */
export function loadBackend(): Promise<Backend> {
  loaded ??= loadNative().then((native) => native ?? loadWasm());
  return loaded;
}

const require = createRequire(import.meta.url);

async function loadNative(): Promise<Backend | undefined> {
  try {
    // tfjs-node 4.22 calls util.isNullOrUndefined, which Node 23 removed.
    const util = require('node:util') as { isNullOrUndefined?: (value: unknown) => boolean };
    util.isNullOrUndefined ??= (value) => value === null || value === undefined;
    // A name in a variable: the package is optional, so the compiler must not resolve it.
    const name = '@tensorflow/tfjs-node';
    const module = (await import(name)) as { default?: typeof TensorFlow };
    const tf = module.default ?? (module as unknown as typeof TensorFlow);
    await tf.ready();
    return { tf, name: 'tfjs-node' };
  } catch {
    return undefined;
  }
}

async function loadWasm(): Promise<Backend> {
  const tf = require('@tensorflow/tfjs') as typeof TensorFlow;
  const wasm = require('@tensorflow/tfjs-backend-wasm') as typeof import('@tensorflow/tfjs-backend-wasm');
  const packageFile = require.resolve('@tensorflow/tfjs-backend-wasm/package.json');
  wasm.setWasmPaths(join(dirname(packageFile), 'wasm-out') + sep);
  // More threads would add in another order, so results would differ in the last bits between runs.
  wasm.setThreadsCount(1);
  await withoutNewHandlers(async () => {
    await tf.setBackend('wasm');
    await tf.ready();
  });
  return { tf, name: 'wasm' };
}

/** Emscripten's start code takes over uncaught errors of the whole process; they stay with the program. */
async function withoutNewHandlers(load: () => Promise<void>): Promise<void> {
  const uncaught = process.listeners('uncaughtException');
  const unhandled = process.listeners('unhandledRejection');
  await load();
  for (const listener of process.listeners('uncaughtException')) {
    if (!uncaught.includes(listener)) process.removeListener('uncaughtException', listener);
  }
  for (const listener of process.listeners('unhandledRejection')) {
    if (!unhandled.includes(listener)) process.removeListener('unhandledRejection', listener);
  }
}

import { readFileSync } from 'node:fs';
import { CodedError, workerBeside } from '../../../contract/core.js';

/** A byte address in the memory of one instance. */
export type Address = number;

/** What assembly/index.ts exports; ranges and layouts are stated there. */
export interface DotExports {
  readonly memory: WebAssembly.Memory;
  reserve(bytes: number): Address;
  addDotProducts(
    a: Address,
    b: Address,
    c: Address,
    rowsA: number,
    rowsB: number,
    depth: number,
    upper: boolean,
  ): void;
  quantisedProducts(
    a: Address,
    b: Address,
    sums: Address,
    z: Address,
    rowsA: number,
    rowsB: number,
    depth: number,
    scale: number,
    limit: number,
  ): number;
}

let compiled: WebAssembly.Module | undefined;

/** A kernel with memory of its own, which goes with it. @throws {CodedError} INTERNAL when the kernel is not built. */
export function dotKernel(): DotExports {
  if (compiled === undefined) {
    const path = workerBeside(import.meta.url, 'dots.wasm');
    try {
      compiled = new WebAssembly.Module(readFileSync(path));
    } catch (cause) {
      throw new CodedError('INTERNAL', `no kernel in ${path}: run npm run build`, { cause });
    }
  }
  return new WebAssembly.Instance(compiled, {}).exports as unknown as DotExports;
}

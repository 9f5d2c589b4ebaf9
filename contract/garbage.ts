import { constants, PerformanceObserver } from 'node:perf_hooks';
import v8 from 'node:v8';

/** What may pile up on the heap, and in buffers that hang on it, between two full collections. */
export const garbageBytes = {
  /** Little a caller, and many callers. */
  coordinator: 32 * 2 ** 20,
  /** Hundreds of megabytes a step: collections would cost as much as the work. */
  participant: 128 * 2 ** 20,
};
/** A full collection takes a millisecond for each megabyte that lives: a heap of 200 MiB may grow by a quarter. */
const leastPercent = 25;

/**
 * Steers the garbage of this process, threads included, towards a number of bytes. Left alone, V8 lets it grow with what lives: to several times a
 * large heap, while a small one is collected for every ten megabytes that pass through it, which takes half of the CPU of
 * an upload or download. After each full collection the size of the next is set anew.
 */
export function boundGarbage(bytes: number): void {
  const set = () => v8.setFlagsFromString(`--heap-growing-percent=${growingPercent(bytes)}`);
  set();
  new PerformanceObserver((list) => {
    const isFull = (kind: unknown) => kind === constants.NODE_PERFORMANCE_GC_MAJOR;
    if (list.getEntries().some(({ detail }) => isFull((detail as { kind?: unknown })?.kind))) set();
  }).observe({ entryTypes: ['gc'] });
}

function growingPercent(bytes: number): number {
  return Math.max(leastPercent, Math.round((100 * bytes) / v8.getHeapStatistics().used_heap_size));
}

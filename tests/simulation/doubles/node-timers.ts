export * from 'node:timers/promises';

/** By the timers of the run while there is one: those of the process are taken by name when they are wanted. */
function delay(ms: number, value: unknown, { signal }: { signal?: AbortSignal } = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abandon = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abandon);
      resolve(value);
    }, ms);
    signal?.addEventListener('abort', abandon);
  });
}

export { delay as setTimeout };

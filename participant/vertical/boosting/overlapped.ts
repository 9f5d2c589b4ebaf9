/**
 * Results in order, each item begun before the one ahead of it is done: threads have no pauses between small nodes. When one
 * fails the next is waited for, so that nothing of it goes on behind the failure.
 */
export async function* overlapped<I, R>(
  items: Iterable<I>,
  work: (item: I) => Promise<R>,
): AsyncGenerator<R> {
  let last: Promise<R> | undefined;
  try {
    for (const item of items) {
      const ahead = last;
      last = work(item);
      // Awaited below, perhaps after the one ahead failed.
      last.catch(() => {});
      if (ahead) yield await ahead;
    }
    if (last) yield await last;
  } finally {
    await last?.catch(() => {});
  }
}

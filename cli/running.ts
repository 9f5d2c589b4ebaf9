import { garbageBytes } from '../contract/index.js';
import type { Running } from './doors.js';
import type { Invocation } from './invocation.js';

/** What is under way may take this long to end; supervisors kill after 30 s or more. */
const closingMs = 20_000;

/**
 * Keeps a node at work until SIGINT or SIGTERM, then closes it; returns for exit code 0.
 * @throws what ended the node, when it stopped by itself.
 */
export async function untilInterrupted(
  { runtime }: Invocation,
  node: Running,
  as: keyof typeof garbageBytes,
): Promise<void> {
  runtime.boundGarbage?.(garbageBytes[as]);
  let forget = () => {};
  const interrupted = new Promise<void>((resolve) => {
    forget = runtime.onInterrupt(resolve);
  });
  try {
    await Promise.race([interrupted, ...(node.ended ? [node.ended] : [])]);
  } finally {
    forget();
    // Whatever is stored is whole at any moment, so that ending without the rest loses nothing.
    runtime.endWithin?.(closingMs);
    await node.close();
  }
}

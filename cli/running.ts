import type { Running } from './doors.js';
import type { Invocation } from './invocation.js';

/**
 * Keeps a node at work until SIGINT or SIGTERM, then closes it; returns for exit code 0.
 * @throws what ended the node, when it stopped by itself.
 */
export async function untilInterrupted({ runtime }: Invocation, node: Running): Promise<void> {
  let forget = () => {};
  const interrupted = new Promise<void>((resolve) => {
    forget = runtime.onInterrupt(resolve);
  });
  try {
    await Promise.race([interrupted, ...(node.ended ? [node.ended] : [])]);
  } finally {
    forget();
    await node.close();
  }
}

import { outcomeOf, type ThreadOutcome } from '../../contract/core.js';
import { checkPoints, raisePoints } from './curve.js';

/** One batch; bytes, because `Secret` does not cross threads. */
export interface RaisingTask {
  readonly scalar: Uint8Array;
  /** n x 32 bytes. */
  readonly points: Uint8Array;
  /** Bytes kept of each result. */
  readonly width: number;
  /** True for foreign points. */
  readonly check: boolean;
  /** Number of the first point in its set, for errors. */
  readonly first: number;
}

export default function raiseBatch(task: RaisingTask): Promise<ThreadOutcome<Uint8Array>> {
  return outcomeOf(async () => {
    try {
      if (task.check) checkPoints(task.points, task.first);
      return raisePoints(task.scalar, task.points, task.width);
    } finally {
      task.scalar.fill(0);
    }
  });
}

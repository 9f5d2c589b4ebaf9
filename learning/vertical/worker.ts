import { outcomeOf, type ThreadOutcome } from '../../contract/core.js';
import { type ChunkResult, type ChunkTask, performChunk } from './design-chunk.js';

/** Entry of the threads of `threadedDesignOf`. */
export default function work(task: ChunkTask): Promise<ThreadOutcome<ChunkResult>> {
  return outcomeOf(async () => performChunk(task));
}

import { type JobEvent, leavesModel } from '../../contract/index.js';

/** Name of the job's own X25519 key, as whoever joins keeps it. */
const sealKey = 'seal-key';

/**
 * The secret that outlives its job: the key of a finished vertical training, because questions about single scores are
 * sealed with the keys of its roster. '' where everything goes.
 */
export function keptKey(state: string | undefined, submitted: JobEvent | undefined): string {
  if (state !== 'finished' || submitted?.body.kind !== 'submitted') return '';
  return leavesModel(JSON.parse(submitted.body.specJson)) ? sealKey : '';
}

import type { Count, Metrics, Timing } from '../../observe/index.js';

/** What a coordinator counts and times. Labels are states, kinds, codes and names of steps: nothing of any party. */
export interface Instruments {
  readonly events: Count;
  readonly conflicts: Count;
  readonly ended: Count;
  readonly refusals: Count;
  readonly bytes: Count;
  readonly appends: Timing;
  readonly adding: Timing;
  readonly phases: Timing;
}

export function instrumentsOf(metrics: Metrics): Instruments {
  return {
    events: metrics.count('fedrisk_events_total', 'Events stored, by kind; of posts the kind of post', [
      'kind',
    ]),
    conflicts: metrics.count(
      'fedrisk_append_conflicts_total',
      'Appends that came second to another replica and were decided again',
      [],
    ),
    ended: metrics.count('fedrisk_jobs_ended_total', 'Jobs that ended: finished, or a code', ['outcome']),
    refusals: metrics.count('fedrisk_refusals_total', 'Calls refused, by code and call', ['code', 'rpc']),
    bytes: metrics.count('fedrisk_blob_transfer_bytes_total', 'Bytes of ciphertexts and parcels in and out', [
      'direction',
    ]),
    appends: metrics.timing('fedrisk_append_seconds', 'Time to store the events of one input', []),
    adding: metrics.timing('fedrisk_adding_seconds', 'Time to add the ciphertexts of a sum', ['outcome']),
    phases: metrics.timing(
      'fedrisk_phase_seconds',
      'Length of jobs, sums, phases of sums, and steps of vertical jobs',
      ['phase', 'purpose'],
    ),
  };
}

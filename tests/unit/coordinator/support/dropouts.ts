import type { ParticipantName, PostOf } from '../../../../contract/index.js';
import { fiveJob, without } from './five.js';
import { reaches, type TableJob } from './table-job.js';

/** A job whose round 1 everybody but `away` has contributed to. */
export function collected(away: ParticipantName, change: object = {}): TableJob {
  return fiveJob(change)
    .run(reaches('update', 'collecting', 1))
    .run(() => false, without(away));
}

export function leave(code: string): PostOf<'abort'> {
  return { kind: 'abort', code, detail: 'out of memory', sum: 2, party: '' };
}

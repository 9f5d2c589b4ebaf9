import type { ParticipantName } from '../../../../contract/index.js';
import { type Agreed, isSumming, type Summing } from '../../../../coordinator/rounds/index.js';
import { TableJob } from './table-job.js';

/** Five participants, one of whom may collude: Q = 4, so that one may be missing from an update or evaluation sum. */
export const five = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'platform-x'] as ParticipantName[];

export function fiveJob(change: object = {}): TableJob {
  return new TableJob({ participants: five, ...change });
}

/** Everybody but these. */
export function without(...away: readonly ParticipantName[]): ParticipantName[] {
  return five.filter((name) => !away.includes(name));
}

export function summing({ state }: TableJob): Summing {
  if (!isSumming(state)) throw new Error(`no sum in ${state.kind}`);
  return state;
}

/** A sum that all agreed on. */
export function agreedSum(job: TableJob, at: number): Agreed {
  const sum = summing(job).past.at(at);
  if (sum?.phase !== 'agreed') throw new Error(`sum ${at} is ${sum?.phase}`);
  return sum;
}

/** Survivor sets in the order of their sums. */
export function survivorSets({ events }: TableJob): (readonly ParticipantName[])[] {
  return events.flatMap(({ body }) => (body.kind === 'survivorsProposed' ? [body.members] : []));
}

import { expect, test } from 'vitest';
import type { ParticipantName, PostBody, PostOf } from '../../../contract/index.js';
import { isSumming, type JobState } from '../../../coordinator/rounds/index.js';
import { reaches, TableJob } from './support/table-job.js';

const names = ['bank-a', 'bank-b', 'bank-c', 'platform-x'] as ParticipantName[];

function reportsOf(state: JobState): ReadonlyMap<ParticipantName, PostOf<'applied'>> {
  if (!isSumming(state) || state.current.phase !== 'applying') throw new Error(`no reports in ${state.kind}`);
  return state.current.reports;
}

/** As from the wire: nothing that two participants say is the same object. Each took its own time. */
function told(body: PostBody, place: number): PostBody {
  return { ...structuredClone(body), timings: [{ step: 'decrypt', ms: place }] } as PostBody;
}

test('of what participants say alike one is kept, and everything as each said it', () => {
  const job = new TableJob({ participants: names, training: { rounds: 3 }, participation: { quorum: 4 } });
  job.run(reaches('update', 'applying', 2));
  for (const name of names) job.post(name, job.honest(name)!);
  const said = new Map<ParticipantName, PostBody>();
  // With a third one the quorum would end the sum.
  for (const [place, name] of names.slice(0, 2).entries()) {
    const own = told(job.honest(name)!, place);
    said.set(name, structuredClone(own));
    job.post(name, own);
  }
  const reports = reportsOf(job.state);
  expect(new Map(reports)).toEqual(said);
  const [first, second] = [...reports.values()] as [PostOf<'applied'>, PostOf<'applied'>];
  expect(first.metrics).not.toHaveLength(0);
  expect(second.metrics).toBe(first.metrics);
  expect(second.next).toBe(first.next);
  expect(second.timings).not.toEqual(first.timings);
});

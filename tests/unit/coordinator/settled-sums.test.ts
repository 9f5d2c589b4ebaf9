import { expect, test } from 'vitest';
import type { ParticipantName } from '../../../contract/index.js';
import { isSumming } from '../../../coordinator/rounds/index.js';
import { SettledMap } from '../../../coordinator/rounds/settled-map.js';
import { collectGarbage } from '../../support/collect-garbage.js';
import { reaches, TableJob } from './support/table-job.js';

const names = ['bank-a', 'bank-b', 'bank-c', 'platform-x'] as ParticipantName[];

test('what was said of a sum is settled when the second one after it starts, and is what it was, with what came late', () => {
  const job = new TableJob({ participants: names, training: { rounds: 3 } });
  const sumsAt = (round: number) => {
    const { state } = job.run(reaches('update', 'collecting', round));
    if (!isSumming(state)) throw new Error(`no sums in ${state.kind}`);
    return state.past;
  };
  const before = sumsAt(2).at(-1)!;
  const after = sumsAt(3).find(({ sum }) => sum === before.sum)!;
  const said = ({ contributions, ...more }: typeof before) =>
    'reports' in more ? [contributions, more.signatures, more.reveals, more.reports] : [];
  expect(said(before).map((map) => map instanceof SettledMap)).toEqual([false, false, false, false]);
  expect(said(after).map((map) => map instanceof SettledMap)).toEqual([true, true, true, true]);
  // Somebody reported while the next sum ran already.
  const first = said(after).map((map, at) => [...map].slice(0, said(before)[at]!.size));
  expect(first).toEqual(said(before).map((map) => [...map]));
  expect([said(before)[3]!.size, said(after)[3]!.size]).toEqual([names.length - 1, names.length]);
});

/** In a function of its own: a frame that waits holds on to what it once named. */
function settledPosts() {
  const posts = new Map(names.map((name, place) => [name, post(place)]));
  return { last: new WeakRef(posts.get(names[3]!)!), settled: SettledMap.of(names, posts) };
}

function post(place: number) {
  return { digest: `${place}`.repeat(64), timings: [{ step: 'train', ms: place }] };
}

test('what was settled holds on to nothing that each one said', async () => {
  const { last, settled } = settledPosts();
  const isGone = () => {
    collectGarbage();
    return last.deref() === undefined;
  };
  await expect.poll(isGone).toBe(true);
  expect(settled.get(names[3]!)).toEqual(post(3));
});

import { expect, test } from 'vitest';
import type { ParticipantName, ShareGraph } from '../../../contract/index.js';
import { graphOf } from '../../../coordinator/rounds/graph.js';
import { isSumming, stalledUntil } from '../../../coordinator/rounds/index.js';
import { coded } from '../../support/coded.js';
import { sealed } from './support/honest.js';
import { reaches, TableJob } from './support/table-job.js';

const names = Array.from({ length: 260 }, (_, k) => `bank-${1000 + k}` as ParticipantName);

function rostered(job: TableJob): ShareGraph {
  const { state } = job;
  if (
    state.kind === 'keying' &&
    state.charter.spec.mode === 'horizontal' &&
    state.keying.stage === 'sharing'
  ) {
    return graphOf({ charter: state.charter as never, rosterDigest: state.keying.rosterDigest });
  }
  if (isSumming(state)) return graphOf(state);
  throw new Error(`no roster in ${state.kind}`);
}

/** As many in a row on the ring as would part the others: everybody whose neighbourhood lies half among them. */
function gapOf(graph: ShareGraph, middle: ParticipantName, size: number): Set<ParticipantName> {
  const near = graph.neighbours(middle);
  const close = (name: ParticipantName) =>
    graph.neighbours(name).filter((other) => graph.areNeighbours(other, middle)).length;
  return new Set([middle, ...[...near].sort((a, b) => close(b) - close(a)).slice(0, size - 1)]);
}

test('260 participants share with 100 neighbours each, and a round waits when it would part them', () => {
  const job = new TableJob({ participants: names, training: { rounds: 1 } });
  job.run((state) => state.kind === 'keying' && state.keying.stage === 'sharing');
  const graph = rostered(job);
  expect(graph.degree).toBe(100);
  const [first] = names as [ParticipantName];
  const stranger = names.find((name) => name !== first && !graph.areNeighbours(first, name))!;
  job.post(first, job.honest(first)!);
  expect(coded(() => job.post(first, sealed(stranger, 'sum-shares', 0)))).toBe('MESSAGE_MALFORMED');
  for (const name of names) {
    for (
      let body = job.honest(name);
      body !== undefined && isSumming(job.state) === false;
      body = job.honest(name)
    ) {
      job.post(name, body);
    }
  }
  job.run(reaches('update', 'collecting'));
  const shares = job.events.filter(({ body }) => body.kind === 'posted' && body.post.body.kind === 'sealed');
  // Beside those of the first participant with the keys of the job.
  expect(shares).toHaveLength(260 * 100 + 259);

  const gap = gapOf(graph, first, 50);
  job.run(
    () => false,
    names.filter((name) => !gap.has(name)),
  );
  // 210 of 260 are more than the quorum, but two such gaps would part the rest.
  expect(job.state).toMatchObject({ current: { phase: 'collecting', enoughMs: undefined } });
  job.tick(2_000_000);
  if (!isSumming(job.state)) throw new Error(job.state.kind);
  expect(stalledUntil(job.state)).toBeGreaterThan(0);
  // Two of them come back.
  const back = [...gap].slice(0, 2);
  job.run(() => false, [...names.filter((name) => !gap.has(name)), ...back]);
  expect(job.state).toMatchObject({ current: { phase: 'collecting', enoughMs: expect.any(Number) } });
  job.tick(100_000);
  expect(job.state).toMatchObject({ current: { phase: 'unmasking' } });
  job.run();
  expect(job.state.kind).toBe('finished');
}, 120_000);

import { describe, expect, test } from 'vitest';
import {
  type Cohort,
  closedBecause,
  horizontalSpec,
  type ParticipantName,
  ShareGraph,
} from '../../../contract/index.js';

const names = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'platform-x'] as ParticipantName[];

function cohort(colluders: number, organisations: Readonly<Record<string, string>> = {}): Cohort {
  const spec = horizontalSpec.parse({
    name: 'credit',
    mode: 'horizontal',
    purpose: 'credit-risk',
    participants: names,
    dataset: 'loans',
    features: { age: 'number' },
    model: { kind: 'logistic' },
    colluders,
    nonce: '5a'.repeat(32),
  });
  const graph = new ShareGraph({ names, rosterDigest: '00'.repeat(32) as never, colluders });
  return { spec, graph, organisationOf: (name) => organisations[name] ?? `Org of ${name}` };
}

const set = (...places: number[]) => new Set(places.map((place) => names[place]!));

describe('a sum stays closed', () => {
  test('with fewer than the job needs', () => {
    expect(closedBecause(cohort(1), { purpose: 'update', round: 2 }, set(0, 1, 2))).toBe(
      'would include 3 of at least 4',
    );
    expect(closedBecause(cohort(1), { purpose: 'update', round: 2 }, set(0, 1, 2, 4))).toBeUndefined();
    expect(closedBecause(cohort(1), { purpose: 'moments', round: 0 }, set(0, 1, 2, 4))).toBe(
      'would include 4 of at least 5',
    );
  });

  // Two who collude hold the total of the third organisation otherwise, whichever of its participants are in.
  test('when two of its four participants are one organisation and two may collude', () => {
    const one = cohort(2, { 'bank-a': 'Alpha Bank', 'bank-b': ' alpha  BANK' });
    expect(closedBecause(one, { purpose: 'update', round: 2 }, set(0, 1, 2, 3))).toBe(
      'would include 3 of at least 4 organisations',
    );
    expect(closedBecause(one, { purpose: 'update', round: 2 }, set(0, 2, 3, 4))).toBeUndefined();
    expect(closedBecause(one, { purpose: 'update', round: 2 }, set(0, 1, 2, 3, 4))).toBeUndefined();
  });
});

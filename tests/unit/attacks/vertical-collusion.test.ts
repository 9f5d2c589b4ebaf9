import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ParticipantName, Secret } from '../../../contract/index.js';
import { ProductRoom, type ProductShape, productSet } from '../../../crypto/matvec/index.js';
import { ownTerm, type PartyState } from '../../../learning/index.js';
import { type FitMatrix, fitMatrix, gradientShape } from '../../../participant/vertical/fit-matrix.js';
import { stateAfter } from '../../../participant/vertical/fitting.js';
import { pairMasks } from '../../../participant/vertical/pair-masks.js';
import { runVertical, VerticalParty, verticalSpecOf } from '../../support/vertical-cast.js';
import { holdInvented, invented, jobOf } from '../../support/vertical-credit.js';
import { phases, rounded, ternary } from '../matvec/oracle.js';

/**
 * Three feature holders; the first, which has the key of the label holder's gradient, and the last collude. The middle
 * one's hop reaches the last one under the first one's key: they decrypt it and know every mask between feature holders.
 * What they must not know is the mask between the middle one and the label holder (PROTOCOLS §6: isolating one term takes
 * the label holder and all other feature holders).
 */
const [first, middle, last] = ['alpha', 'beta', 'gamma'] as const;
const round = 2;

describe('the first and the last of three feature holders against the one between them', () => {
  const cast = ['bank-a', first, middle, last].map((name) => new VerticalParty(name));
  const fits = new Map<string, { matrix: FitMatrix; state: PartyState }>();
  const seeds = new Map<string, Secret>();
  let key: Secret;
  let hop: Uint8Array;
  let shape: ProductShape;

  beforeAll(async () => {
    const rows = invented(200, 8);
    const holdings = Object.fromEntries(
      cast.map((party, at) => [party.name, holdInvented(party, rows, [2 * at, 2 * at + 2], at === 0)]),
    );
    const spec = verticalSpecOf({
      ...jobOf('training', holdings),
      binning: { bins: 3 },
      training: { iterations: round },
      scores: { release: 'none' },
    });
    await runVertical(spec, cast, {
      before: async (work) => {
        if (work.step.name !== 'close') return;
        fits.set(work.me, { matrix: await fitMatrix(work), state: await stateAfter(work, round - 1) });
        if (work.me === last) shape = await gradientShape(work, 'forLabelHolder');
      },
      after: (work, { keep }) => {
        for (const [name, secret] of keep ?? []) {
          if (name === `he/gradients/${round}/product` && work.me === first) key = secret;
          // Seeds that one of the two has; the other end of each is the one that drew it.
          const [kind, other] = name.split('/');
          if (kind === 'pair') seeds.set([work.me, other].sort().join(' '), secret);
        }
      },
      tamper: ({ name, from, path, round: at }) => {
        if (name !== 'hop' || from !== middle || at !== round) return;
        const bytes = readFileSync(path);
        const headerBytes = bytes.readUInt32LE();
        const header = JSON.parse(bytes.toString('utf8', 4, 4 + headerBytes));
        hop = new Uint8Array(bytes.subarray(4 + headerBytes + header.first));
      },
    });
  });
  afterAll(() => {
    for (const party of cast) party.remove();
  });

  const term = (name: string) => {
    const { matrix, state } = fits.get(name)!;
    return ownTerm(matrix.design, state, matrix.settings);
  };

  /** What the two make of the hop, with the given parties' masks taken off; a party's seed must be known for that. */
  async function middlesTerm(masking: readonly string[], seedOf: (a: string, b: string) => Secret) {
    const set = productSet(shape.set);
    const room = ProductRoom.open({ threads: 1 });
    const { blocks } = await room.readPassedVector(shape, middle, [hop]);
    await room.close();
    const secret = ternary(key.reveal(), set.degree);
    const perBlock = Math.floor(set.degree / shape.stride);
    const sums = blocks.flatMap((words, block) => {
      const count = Math.min(perBlock, shape.rows - block * perBlock);
      const at = Array.from({ length: count }, (_, row) => row * shape.stride);
      return phases(set, words, secret, at).map((phase) => Number(rounded(set, phase)));
    });
    const masksOf = (me: string) =>
      pairMasks(
        {
          me: me as ParticipantName,
          holders: masking as ParticipantName[],
          rosterDigest: 'd'.repeat(64),
          seed: (other) => seedOf(me, other),
        },
        `forLabelHolder/${round}`,
        sums.length,
        set.plainModulus,
      );
    const known = [masksOf(first), masksOf(middle), Float64Array.from(term(first))];
    return sums.map((sum, row) => {
      const t = set.plainModulus;
      const left = known.reduce((rest, of) => (((rest - of[row]!) % t) + t) % t, sum);
      return left > t / 2 ? left - t : left;
    });
  }

  const shared = (a: string, b: string) => seeds.get([a, b].sort().join(' '))!;

  test('have a uniform residue where its term stands: the mask with the label holder is in it', async () => {
    const found = await middlesTerm([first, middle, last], shared);
    const right = [...term(middle)];
    expect(right.some((value) => value !== 0)).toBe(true);
    expect(found.filter((value, row) => value === right[row]).length).toBeLessThan(3);
    expect(found.filter((value) => Math.abs(value) > 2 ** 20).length).toBeGreaterThan(right.length / 2);
  });

  test('would read it, row by row, with the label holder on their side', async () => {
    const found = await middlesTerm(['bank-a', first, middle, last], shared);
    expect(found).toEqual([...term(middle)]);
  });
});

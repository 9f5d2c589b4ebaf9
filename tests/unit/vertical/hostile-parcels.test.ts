import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StepName, stepsOf, type VerticalSpec } from '../../../contract/index.js';
import { VerticalParty, verticalSpecOf } from '../../support/vertical-cast.js';
import { holdInvented, invented, jobOf, seeded } from '../../support/vertical-credit.js';
import { Snapshots } from '../../support/vertical-snapshots.js';
import { mutationsOf } from './mutations.js';

/** The step of the receiver that first looks into a parcel, the first of these that it has after it. */
const readers: Partial<Record<StepName, readonly StepName[]>> = {
  result: ['close'],
  keys: ['blind'],
  blind: ['pledge'],
  pledge: ['select', 'labels'],
  double: ['select', 'labels'],
  select: ['labels'],
  labels: ['counts', 'woe'],
  counts: ['woe'],
  woe: ['terms', 'hop', 'spread'],
  terms: ['products', 'hop'],
  hop: ['spread', 'hop'],
  spread: ['products'],
  products: ['openings'],
  openings: ['parts', 'result'],
  parts: ['result'],
};

interface Arrival {
  readonly parcel: StepName;
  readonly from: string;
  readonly to: string;
  readonly reader: StepName;
}

function arrivalsOf(spec: VerticalSpec): Arrival[] {
  const steps = stepsOf(spec);
  return steps.flatMap(({ name, number, parcels }) =>
    parcels.flatMap(({ from, to }) => {
      const own = steps.filter(
        (step) =>
          step.number > number &&
          (step.parcels.some((route) => route.from === to) || step.reports.includes(to)) &&
          readers[name]?.includes(step.name),
      );
      return own[0] ? [{ parcel: name, from, to, reader: own[0].name }] : [];
    }),
  );
}

const bank = new VerticalParty('bank-a');
const shop = new VerticalParty('shop-x');
const phone = new VerticalParty('phone-y');
const rows = invented(260, 8);
const holdings = {
  'bank-a': holdInvented(bank, rows, [0, 2], true),
  'shop-x': holdInvented(shop, rows.slice(10), [2, 5], false),
};
const withPhone = { ...holdings, 'phone-y': holdInvented(phone, rows.slice(0, 240), [5, 7], false) };
const scores = { release: 'holdout', calibrationRows: 60 };
const binning = { method: 'chi-merge', bins: 5 };
const one = verticalSpecOf({ ...jobOf('training', holdings), binning, training: { iterations: 1 }, scores });
const two = verticalSpecOf({ ...jobOf('training', withPhone), binning, training: { iterations: 1 }, scores });

afterAll(() => {
  for (const party of [bank, shop, phone]) party.remove();
});

const blamable = [
  'PARCEL_MALFORMED',
  'CIPHERTEXT_MALFORMED',
  'PSI_POINT_INVALID',
  'PSI_SIZE_LIMIT',
  // A smaller set of the peer, well formed.
  'ALIGNMENT_EMPTY',
  'ALIGNMENT_TOO_SMALL',
  'LABELS_NOT_SHARED',
];

describe.each([
  ['one platform', one, [bank, shop], arrivalsOf(one)],
  // Alignment and binning are those of one platform, but for keys.
  [
    'two platforms',
    two,
    [bank, shop, phone],
    arrivalsOf(two).filter(({ parcel }) =>
      ['keys', 'terms', 'hop', 'spread', 'products', 'parts'].includes(parcel),
    ),
  ],
] as const)('parcels of a job with %s', (_, spec, cast, arrivals) => {
  let recorded: Snapshots;

  beforeAll(async () => {
    recorded = await Snapshots.record(spec, cast);
  });
  afterAll(() => recorded.remove());

  it.each(arrivals)(
    '$parcel of $from to $to: refused at $reader, whatever came',
    async ({ parcel, from, to, reader }) => {
      const honest = recorded.parcel(to, reader, parcel, from);
      expect((await recorded.attempt(to, reader, [])).end).toBe('accepted');
      for (const { name, bytes, refused } of mutationsOf(parcel, honest, seeded(honest.length))) {
        if (bytes.equals(honest)) continue;
        const { end, parties } = await recorded.attempt(to, reader, [{ parcel, from, bytes }]);
        if (refused) expect(end, name).not.toBe('accepted');
        if (end === 'accepted') continue;
        expect(blamable, name).toContain(end);
        expect(parties, `${name}: ${end}`).toContain(from);
      }
    },
  );
});

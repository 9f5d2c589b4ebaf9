import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VerticalParty, verticalSpecOf } from '../../support/vertical-cast.js';
import { holdInvented, invented, jobOf } from '../../support/vertical-credit.js';
import { joinedParcel, parted, Snapshots } from '../../support/vertical-snapshots.js';

const bank = new VerticalParty('bank-a');
const shop = new VerticalParty('shop-x');
const calibrationRows = 40;
let recorded: Snapshots;

beforeAll(async () => {
  // As many customers on both sides: only then has a copied message the right size.
  const rows = invented(240, 6);
  const holdings = {
    'bank-a': holdInvented(bank, rows.slice(0, 220), [0, 2], true),
    'shop-x': holdInvented(shop, rows.slice(20), [2, 4], false),
  };
  const spec = verticalSpecOf({
    ...jobOf('training', holdings),
    binning: { method: 'chi-merge', bins: 5 },
    training: { iterations: 1 },
    scores: { release: 'holdout', calibrationRows },
  });
  recorded = await Snapshots.record(spec, [bank, shop]);
});

afterAll(() => {
  recorded.remove();
  bank.remove();
  shop.remove();
});

const malformedBy = (party: string) => ({ end: 'PARCEL_MALFORMED', parties: [party] });

describe('a peer in the alignment', () => {
  // RFC 7748 and cr.yp.to/ecdh.html: orders 1, 2, 4 and 8, and values of p and more.
  it.each([
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '0900000000000000000000000000000000000000000000000000000000000080',
  ])('sends %s among its points: refused', async (point) => {
    const bytes = recorded.parcel('bank-a', 'pledge', 'blind', 'shop-x');
    Buffer.from(point, 'hex').copy(bytes, 32 * 5);
    const attempt = await recorded.attempt('bank-a', 'pledge', [{ parcel: 'blind', from: 'shop-x', bytes }]);
    expect(attempt).toEqual({ end: 'PSI_POINT_INVALID', parties: ['shop-x'] });
  });

  it('sends one point twice: refused', async () => {
    const bytes = recorded.parcel('bank-a', 'pledge', 'blind', 'shop-x');
    bytes.copy(bytes, 32 * 7, 0, 32);
    const attempt = await recorded.attempt('bank-a', 'pledge', [{ parcel: 'blind', from: 'shop-x', bytes }]);
    expect(attempt).toEqual({ end: 'PSI_POINT_INVALID', parties: ['shop-x'] });
  });

  it('answers other than it pledged: refused', async () => {
    const bytes = recorded.parcel('bank-a', 'select', 'double', 'shop-x');
    bytes[3]! ^= 1;
    const parcels = [{ parcel: 'double', from: 'shop-x', bytes }] as const;
    expect(await recorded.attempt('bank-a', 'select', parcels)).toEqual(malformedBy('shop-x'));
  });

  it('echoes our second message, to have every id of ours count as common: refused', async () => {
    const bytes = recorded.parcel('shop-x', 'labels', 'double', 'bank-a');
    expect(bytes.length).toBe(recorded.parcel('bank-a', 'select', 'double', 'shop-x').length);
    const parcels = [{ parcel: 'double', from: 'shop-x', bytes }] as const;
    expect(await recorded.attempt('bank-a', 'select', parcels)).toEqual(malformedBy('shop-x'));
  });

  it('waits for our pledge and echoes that one too: refused', async () => {
    const pledge = recorded.parcel('shop-x', 'labels', 'pledge', 'bank-a');
    const double = recorded.parcel('shop-x', 'labels', 'double', 'bank-a');
    const parcels = [
      { parcel: 'pledge', from: 'shop-x', bytes: pledge },
      { parcel: 'double', from: 'shop-x', bytes: double },
    ] as const;
    expect(await recorded.attempt('bank-a', 'select', parcels)).toEqual(malformedBy('shop-x'));
  });
});

describe('a bank that selects rows', () => {
  async function selecting(change: (positions: Uint32Array, use: Uint8Array) => void) {
    const { header, body } = parted(recorded.parcel('shop-x', 'labels', 'select', 'bank-a'));
    const { rows } = header as { rows: number };
    const positions = new Uint32Array(
      body.subarray(0, 4 * rows).buffer.slice(body.byteOffset, body.byteOffset + 4 * rows),
    );
    const use = Uint8Array.from(body.subarray(4 * rows));
    change(positions, use);
    const bytes = joinedParcel({ rows }, Buffer.concat([Buffer.from(positions.buffer), use]));
    return recorded.attempt('shop-x', 'labels', [{ parcel: 'select', from: 'bank-a', bytes }]);
  }

  it('takes 200 common rows, up to the calibration rows of the job released', async () => {
    const uses = [0, 0, 0];
    const attempt = await selecting((positions, use) => {
      expect(positions).toHaveLength(200);
      for (const code of use) uses[code]!++;
    });
    expect(attempt.end).toBe('accepted');
    expect(uses).toEqual([160 - calibrationRows, 40, calibrationRows]);
  });

  it('names one row twice: refused', async () => {
    const attempt = await selecting((positions) => {
      positions[1] = positions[0]!;
    });
    expect(attempt).toEqual(malformedBy('bank-a'));
  });

  it('names a row beyond the intersection: refused', async () => {
    const attempt = await selecting((positions) => {
      positions[0] = positions.length;
    });
    expect(attempt).toEqual(malformedBy('bank-a'));
  });

  it('uses a row as nobody knows: refused', async () => {
    const attempt = await selecting((_, use) => {
      use[0] = 3;
    });
    expect(attempt).toEqual(malformedBy('bank-a'));
  });

  it('releases one row more to calibrate on than the job says: refused', async () => {
    const attempt = await selecting((_, use) => {
      use[use.indexOf(0)] = 2;
    });
    expect(attempt).toEqual(malformedBy('bank-a'));
  });

  it('wants more scores than the policy of the platform allows: refused before anything is told', async () => {
    // 40 held out and 40 to calibrate on, of 200.
    const limited = (maximumReleasedShare: number) =>
      recorded.attempt('shop-x', 'labels', [], (work) => ({
        ...work,
        grant: { ...work.grant, maximumReleasedShare },
      }));
    expect(await limited(0.4)).toEqual({ end: 'accepted', parties: [] });
    expect(await limited(0.39)).toEqual({ end: 'POLICY_SCORES', parties: ['shop-x', 'bank-a'] });
  });

  it('holds out everybody: it must act, not the platform', async () => {
    const attempt = await selecting((_, use) => {
      use.fill(1);
    });
    expect(attempt).toEqual({ end: 'ALIGNMENT_TOO_SMALL', parties: ['bank-a'] });
  });
});

interface Fine {
  readonly question: string;
  readonly features: { feature: string; values: number; alone: number; ordered: boolean; rows: number[] }[];
}

describe('a platform in the binning', () => {
  async function binning(change: (fine: Fine) => void) {
    const fine = parted(recorded.parcel('bank-a', 'woe', 'labels', 'shop-x')).header as Fine;
    change(fine);
    return recorded.attempt('bank-a', 'woe', [
      { parcel: 'labels', from: 'shop-x', bytes: joinedParcel(fine) },
    ]);
  }

  it('has more bins than labels were encrypted for: refused', async () => {
    const attempt = await binning(({ features: [first] }) => {
      first!.rows = [...Array.from({ length: 21 }, () => 0), ...first!.rows];
      first!.values = first!.rows.length - first!.alone;
    });
    expect(attempt).toEqual(malformedBy('shop-x'));
  });

  it('has no value bin: refused', async () => {
    const attempt = await binning(({ features: [first] }) => {
      first!.alone = first!.rows.length;
      first!.values = 0;
    });
    expect(attempt).toEqual(malformedBy('shop-x'));
  });

  it('names features that are not in the job: refused', async () => {
    const attempt = await binning(({ features: [first] }) => {
      first!.feature = 'c9';
    });
    expect(attempt).toEqual(malformedBy('shop-x'));
  });

  it('has a bin so small that its count would tell labels: refused', async () => {
    const attempt = await binning(({ features: [first] }) => {
      first!.rows[1]! += first!.rows[0]! - 1;
      first!.rows[0] = 1;
    });
    expect(attempt).toEqual(malformedBy('shop-x'));
  });

  it('states a row more than there are: refused', async () => {
    const attempt = await binning(({ features: [first] }) => {
      first!.rows[0]! += 1;
    });
    expect(attempt).toEqual(malformedBy('shop-x'));
  });

  it('moves a count: the sum is not that of the labels', async () => {
    const { body } = parted(recorded.parcel('bank-a', 'woe', 'counts', 'shop-x'));
    const bytes = joinedParcel({}, Buffer.from(body));
    // The first offset, one more or less: the first bin has one bad row less or more.
    bytes[bytes.length - body.length]! ^= 1;
    const attempt = await recorded.attempt('bank-a', 'woe', [{ parcel: 'counts', from: 'shop-x', bytes }]);
    expect(attempt).toEqual(malformedBy('shop-x'));
  });
});

interface Answer {
  features: { feature: string; iv: number; bins: number; joined?: { groups: number[][]; woe: number[] } }[];
}

describe('a bank that answers', () => {
  async function answering(change: (answer: Answer) => void) {
    const answer = parted(recorded.parcel('shop-x', 'terms', 'woe', 'bank-a')).header as Answer;
    change(answer);
    return recorded.attempt('shop-x', 'terms', [
      { parcel: 'woe', from: 'bank-a', bytes: joinedParcel(answer) },
    ]);
  }

  it.each<[string, (joined: { groups: number[][]; woe: number[] }) => void]>([
    ['a bin left out', ({ groups }) => groups.splice(0, 1)],
    ['a bin in two groups', ({ groups }) => groups[0]!.push(groups.at(-1)![0]!)],
    ['a bin that is not there', ({ groups }) => groups.push([250])],
    ['groups out of order', ({ groups }) => groups.reverse()],
    ['a WOE too many', ({ woe }) => woe.push(0)],
    ['a WOE too few', ({ woe }) => woe.pop()],
  ])('with %s: refused', async (_, change) => {
    const attempt = await answering(({ features }) => change(features[0]!.joined!));
    expect(attempt).toEqual(malformedBy('bank-a'));
  });

  it('without WOE, which a fit needs: the bank must act', async () => {
    const attempt = await answering(({ features }) => {
      delete features[1]!.joined;
    });
    expect(attempt).toEqual({ end: 'LABELS_NOT_SHARED', parties: ['bank-a'] });
  });

  it('with a gradient no residual can have: refused', async () => {
    const bytes = recorded.parcel('shop-x', 'parts', 'openings', 'bank-a');
    const start = bytes.length - parted(bytes).body.length;
    // Each residue moved by some 2^31, far beyond 160 rows of 11-bit values and 12-bit residuals.
    for (let at = start + 3; at < bytes.length; at += 5) bytes[at]! ^= 0x80;
    const attempt = await recorded.attempt('shop-x', 'parts', [
      { parcel: 'openings', from: 'bank-a', bytes },
    ]);
    expect(attempt).toEqual({ end: 'CIPHERTEXT_MALFORMED', parties: ['bank-a'] });
  });
});

describe('a platform that releases scores', () => {
  it('beyond any score: refused', async () => {
    const { header } = parted(recorded.parcel('bank-a', 'result', 'parts', 'shop-x'));
    const { rows } = header as { rows: number };
    const words = new Uint32Array(rows).fill(4097);
    const bytes = joinedParcel({ rows }, new Uint8Array(words.buffer));
    const attempt = await recorded.attempt('bank-a', 'result', [{ parcel: 'parts', from: 'shop-x', bytes }]);
    expect(attempt).toEqual(malformedBy('shop-x'));
  });
});

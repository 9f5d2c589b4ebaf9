import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { Secret } from '../../../contract/index.js';
import { idDigests } from '../../../crypto/psi/index.js';
import { questionOf } from '../../../participant/vertical/question.js';

const salt = new Secret(Buffer.alloc(32, 7));
const names = ['age', 'income', 'limit'];

/** Own rows in some order, and bins of a customer that depend on the customer only. */
function asked(count: number, step: number) {
  const ids = idDigests(Array.from({ length: count }, (_, id) => `customer ${id}`));
  const rows = Uint32Array.from({ length: count }, (_, at) => (at * step) % count);
  const bins = names.map((_, column) => Uint8Array.from(rows, (row) => (row * 31 + column * 5) % 11));
  return { bins, customers: { ids, rows } };
}

// Names stand in ledgers for years: another one for the same bins would be charged again.
it('is the HMAC over title and records, id digest and bins, in the order of the digests', () => {
  for (const count of [1, 511, 512, 513, 1300, 16_384, 17_000]) {
    const { bins, customers } = asked(count, 7);
    const records = [...customers.rows]
      .map((row, at) =>
        Buffer.concat([
          customers.ids.digests.subarray(row * 32, (row + 1) * 32),
          Uint8Array.from(bins, (column) => column[at]!),
        ]),
      )
      .sort(Buffer.compare);
    const title = `fedrisk/v1/binning\0${names.join('\0')}\0${count}\0`;
    const expected = createHmac('sha256', salt.reveal()).update(title).update(Buffer.concat(records));
    expect(questionOf(salt, names, bins, customers)).toBe(expected.digest('hex'));
  }
});

it('does not depend on the joint order, and changes with one bin of one customer', () => {
  const [one, other] = [asked(1000, 3), asked(1000, 7)];
  const name = questionOf(salt, names, one.bins, one.customers);
  expect(questionOf(salt, names, other.bins, other.customers)).toBe(name);
  one.bins[2]![999]! ^= 1;
  expect(questionOf(salt, names, one.bins, one.customers)).not.toBe(name);
});

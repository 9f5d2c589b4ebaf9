import { describe, expect, test } from 'vitest';
import { BlockCipher } from '../../../crypto/he/index.js';
import { BlockAdder, parameterSet } from '../../../crypto/he/public.js';
import { makeJobKeys, maxAbsFor } from '../../../crypto/secure-sum/index.js';
import { Masks } from '../../../crypto/secure-sum/masks.js';
import { jobKeys, Parties, plainSum, rosterDigest, sumId, vectorsOf } from './parties.js';

const VALUES = 40;
const sets = ['narrow', 'wide'] as const;

async function honest(set: (typeof sets)[number], n = 4) {
  const parties = await Parties.of(n, set);
  const vectors = vectorsOf(n, VALUES, maxAbsFor(set, n), 7);
  const uploads = await parties.uploads(vectors);
  return { parties, vectors, uploads };
}

describe.each(sets)('a coordinator is caught when it changes a sum (%s set)', (set) => {
  test('the honest sum opens to exactly the sum of the vectors', async () => {
    const { parties, vectors, uploads } = await honest(set);
    const opened = await parties.open(await parties.add(uploads, VALUES), VALUES);
    expect(opened).toEqual(plainSum(vectors));
  });

  test('dropped contribution', async () => {
    const { parties, uploads } = await honest(set);
    const sum = await parties.add(uploads.slice(0, -1), VALUES);
    await expect(parties.open(sum, VALUES)).rejects.toMatchObject({ code: 'SUM_SLOT_MISMATCH' });
  });

  test('duplicated contribution in place of another', async () => {
    const { parties, uploads } = await honest(set);
    const sum = await parties.add([uploads[0]!, uploads[0]!, uploads[2]!, uploads[3]!], VALUES);
    await expect(parties.open(sum, VALUES)).rejects.toMatchObject({ code: 'SUM_SLOT_MISMATCH' });
  });

  test('scaled contribution: one upload added twice by merging sums', async () => {
    const { parties, uploads } = await honest(set, 3);
    // An adder for a roster of 3 takes at most 3 uploads; the attacker adds by itself.
    const adder = await BlockAdder.open(set);
    for (const upload of [...uploads, uploads[1]!]) adder.add(upload, VALUES + 3 + 4);
    const sum = adder.take(VALUES + 3 + 4);
    adder.close();
    await expect(parties.open(sum, VALUES)).rejects.toMatchObject({ code: 'SUM_SLOT_MISMATCH' });
  });

  test('every contribution scaled by the same factor', async () => {
    const { parties, uploads } = await honest(set, 3);
    const adder = await BlockAdder.open(set);
    for (const upload of [...uploads, ...uploads]) adder.add(upload, VALUES + 3 + 4);
    const sum = adder.take(VALUES + 3 + 4);
    adder.close();
    await expect(parties.open(sum, VALUES)).rejects.toMatchObject({ code: 'SUM_SLOT_MISMATCH' });
  });

  test('swapped contribution: a participant’s upload of another sum', async () => {
    const { parties, vectors, uploads } = await honest(set);
    const other = await parties.upload(parties.names[1]!, vectors[1]!, { ...sumId, sum: sumId.sum + 1 });
    const sum = await parties.add([uploads[0]!, other, uploads[2]!, uploads[3]!], VALUES);
    await expect(parties.open(sum, VALUES)).rejects.toMatchObject({ code: 'SUM_SLOT_MISMATCH' });
  });

  test('added contribution of an invented participant that knows the HE key', async () => {
    const { parties, uploads } = await honest(set, 3);
    const invented = await Parties.of(3, set);
    const extra = await invented.upload(invented.names[0]!, new Float64Array(VALUES).fill(1));
    const adder = await BlockAdder.open(set);
    for (const upload of [...uploads, extra]) adder.add(upload, VALUES + 3 + 4);
    const sum = adder.take(VALUES + 3 + 4);
    adder.close();
    await expect(parties.open(sum, VALUES)).rejects.toMatchObject({ code: 'SUM_SLOT_MISMATCH' });
  });

  test('added constant: values shifted inside the ciphertext, slots left alone', async () => {
    const { parties, uploads } = await honest(set, 3);
    const shape = VALUES + 3 + 4;
    const heKey = (set === 'narrow' ? parties.keys.heNarrow : parties.keys.heWide).reveal();
    const cipher = await BlockCipher.open(set, heKey);
    const shift = new Float64Array(parameterSet(set).degree);
    shift[5] = 1;
    const adder = await BlockAdder.open(set);
    for (const upload of [...uploads, cipher.encrypt(shift, shape)]) adder.add(upload, shape);
    const sum = adder.take(shape);
    adder.close();
    cipher.close();
    await expect(parties.open(sum, VALUES)).rejects.toMatchObject({ code: 'SUM_MAC_MISMATCH' });
  });

  test('a sum replayed under another sum id', async () => {
    const { parties, uploads } = await honest(set);
    const sum = await parties.add(uploads, VALUES);
    for (const id of [
      { ...sumId, sum: sumId.sum + 1 },
      { ...sumId, round: sumId.round + 1 },
      { ...sumId, purpose: 'evaluation' as const },
    ]) {
      await expect(parties.open(sum, VALUES, { id })).rejects.toMatchObject({ code: 'SUM_SLOT_MISMATCH' });
    }
  });

  test('a sum opened with the HE key of another job', async () => {
    const { parties, uploads } = await honest(set);
    const sum = await parties.add(uploads, VALUES);
    const others = await makeJobKeys();
    const heKey = (set === 'narrow' ? others.heNarrow : others.heWide).reveal();
    await expect(parties.open(sum, VALUES, { heKey })).rejects.toMatchObject({ code: 'SUM_SLOT_MISMATCH' });
  });

  test('a sum checked with the MAC key of another job', async () => {
    const { parties, uploads } = await honest(set);
    const sum = await parties.add(uploads, VALUES);
    await expect(parties.open(sum, VALUES, { macKey: new Uint8Array(32) })).rejects.toMatchObject({
      code: 'SUM_MAC_MISMATCH',
    });
  });

  test('bit flips anywhere in an upload or a sum', async () => {
    const { parties, uploads } = await honest(set, 3);
    const sum = await parties.add(uploads, VALUES);
    const codes = ['SUM_MALFORMED', 'SUM_SLOT_MISMATCH', 'SUM_MAC_MISMATCH'];
    for (let k = 0; k < 24; k++) {
      // A flip of a low noise bit of c0 changes nothing that is opened: c0's low bits are the ciphertext's noise.
      const flipped = uploads.map((upload) => upload.slice());
      const target = k % 2 === 0 ? flipped[1]! : sum.slice();
      const bytes = Math.floor((target.length * k) / 24);
      target[bytes] = target[bytes]! ^ (1 << (k % 8));
      const opened = (async () =>
        parties.open(k % 2 === 0 ? await parties.add(flipped, VALUES) : target, VALUES))();
      const outcome = await opened.then(
        (values) => values,
        (error: { code: string }) => error.code,
      );
      if (typeof outcome === 'string') expect(codes).toContain(outcome);
      else expect(outcome).toEqual(await parties.open(sum, VALUES));
    }
  });

  test('bit flips in a seed never open', async () => {
    const { parties, uploads } = await honest(set, 3);
    const flipped = uploads.map((upload) => upload.slice());
    flipped[2]![11]! ^= 4;
    const sum = await parties.add(flipped, VALUES);
    await expect(parties.open(sum, VALUES)).rejects.toMatchObject({ code: 'SUM_SLOT_MISMATCH' });
  });

  test('a survivor set other than the one that was added', async () => {
    const { parties, uploads } = await honest(set);
    const sum = await parties.add(uploads, VALUES);
    await expect(parties.open(sum, VALUES, { survivors: parties.names.slice(1) })).rejects.toMatchObject({
      code: 'SUM_SLOT_MISMATCH',
    });
  });
});

describe('what opening needs', () => {
  test('with one participant gone, the sum over the survivors opens from its reconstructed mask key', async () => {
    for (const set of sets) {
      const n = 5;
      const parties = await Parties.of(n, set);
      const vectors = vectorsOf(n, VALUES, maxAbsFor(set, n), 11);
      const uploads = await parties.uploads(vectors);
      for (const gone of [0, 2, 4]) {
        const survivors = parties.names.filter((_, k) => k !== gone);
        const sum = await parties.add(
          uploads.filter((_, k) => k !== gone),
          VALUES,
        );
        const opened = await parties.open(sum, VALUES, { survivors });
        expect(opened).toEqual(plainSum(vectors.filter((_, k) => k !== gone)));
      }
    }
  });

  test('never both: b_i and the mask key of one participant together with the HE key reveal x_i', async () => {
    const { parties, vectors, uploads } = await honest('narrow');
    const set = parameterSet('narrow');
    const victim = parties.names[2]!;
    const count = VALUES + 4 + 4;
    const adder = await BlockAdder.open('narrow');
    adder.add(uploads[2]!, count);
    const cipher = await BlockCipher.open('narrow', (await jobKeys()).heNarrow.reveal());
    const block = new Float64Array(set.degree);
    cipher.decrypt(adder.take(count), count, block);
    cipher.close();
    adder.close();
    const { maskSecret, selfSeed } = parties.secrets.get(victim)!.reveal();
    const at = { rosterDigest, sumId, modulus: set.plainModulus, blockValues: set.degree };
    const unmask = (masks: Masks) => {
      const residues = block.map((value) => (value === 0 ? 0 : set.plainModulus - value));
      masks.apply(residues, count);
      return residues.map((value) => {
        const x = value === 0 ? 0 : set.plainModulus - value;
        return x > set.plainModulus / 2 ? x - set.plainModulus : x;
      });
    };
    const pairs = (masks: Masks) => {
      for (const { name, maskKey } of parties.roster) {
        if (name !== victim) masks.pair(victim, maskSecret, { name, maskKey: maskKey! });
      }
      return masks;
    };
    // −x with the masks added back in is −(x − masks): both secrets together give x_i.
    expect(unmask(pairs(new Masks(at)).self(victim, selfSeed)).slice(0, VALUES)).toEqual(vectors[2]);
    // Either one alone leaves uniform residues.
    expect(unmask(pairs(new Masks(at))).slice(0, VALUES)).not.toEqual(vectors[2]);
    expect(unmask(new Masks(at).self(victim, selfSeed)).slice(0, VALUES)).not.toEqual(vectors[2]);
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret, type StepName } from '../../../contract/index.js';
import { type ParameterSet, pack30, packed30Bytes, productSet } from '../../../crypto/he/index.js';
import { maskOffsets, ProductRoom, type ProductShape, shapeBytes } from '../../../crypto/matvec/index.js';
import { gradientShape } from '../../../participant/vertical/fit-matrix.js';
import { trainingLabels } from '../../../participant/vertical/training-rows.js';
import { runVertical, VerticalParty, type VerticalRun, verticalSpecOf } from '../../support/vertical-cast.js';
import { holdInvented, invented, jobOf } from '../../support/vertical-credit.js';
import { phases, rounded, ternary } from '../matvec/oracle.js';

/**
 * A feature holder that does not follow the protocol against the label holder's openings. Instead of a product it sends
 * c1 = -sum_k round(q 3^k / t) x^(e_k), c0 = 0: what comes back is sum_k 3^k s_(N - e_k), some twenty coefficients of the
 * secret key in one opened number. Under one key for a whole job, four iterations of 55 columns were all of it, and with it
 * every residual, each of which holds all labels. So each iteration has a key pair of its own, which bounds the attack
 * where columns · log3(t) stays well below N, some fifty columns at N = 4096; beyond, only the semi-honest model does.
 */
const iterations = 4;
const columns = 55;
const platform = 'shop-x';

/** How the coefficients of the key are read, a block of `wanted` neighbours for each power of three. */
class KeyReader {
  readonly key: number[];
  readonly #set: ParameterSet;
  readonly #perNumber: number;
  readonly #asked: { starts: number[]; wanted: number }[] = [];
  #cursor = 0;

  constructor(set: ParameterSet) {
    this.#set = set;
    this.key = new Array<number>(set.degree).fill(Number.NaN);
    this.#perNumber = Math.floor(Math.log(set.plainModulus) / Math.log(3));
  }

  answer(shape: ProductShape): Uint8Array {
    const parts = shape.wanted.map((wanted) => this.#output(wanted));
    const bytes = new Uint8Array(Buffer.concat(parts));
    expect(bytes.length).toBe(shapeBytes(shape).answer);
    return bytes;
  }

  read(shape: ProductShape, opened: Uint8Array): void {
    const width = opened.length / shape.wanted.reduce((sum, count) => sum + count, 0);
    let at = 0;
    for (const { starts, wanted } of this.#asked.splice(0)) {
      for (let j = 0; j < wanted; j++, at += width) {
        let rest = Buffer.from(opened).readUIntLE(at, width);
        if (rest > this.#set.plainModulus / 2) rest -= this.#set.plainModulus;
        for (const start of starts) {
          const digit = (((rest % 3) + 4) % 3) - 1;
          this.key[start + j] = digit + 0;
          rest = (rest - digit) / 3;
        }
      }
    }
  }

  #output(wanted: number): Uint8Array {
    const { degree, dataPrimes, modulus, plainModulus } = this.#set;
    const c1 = new Uint32Array(degree * dataPrimes.length);
    const starts: number[] = [];
    for (let k = 0; k < this.#perNumber && this.#cursor < degree; k++, this.#cursor += wanted) {
      const start = Math.min(this.#cursor, degree - wanted);
      const t = BigInt(plainModulus);
      const factor = (2n * modulus * 3n ** BigInt(k) + t) / (2n * t);
      dataPrimes.forEach((prime, p) => {
        // Coefficient j of -f x^(N - start) s is f s_(start + j); of f s it is f s_j.
        const residue = start === 0 ? factor % prime : (prime - (factor % prime)) % prime;
        c1[p * degree + (start === 0 ? 0 : degree - start)] = Number(residue);
      });
      starts.push(start);
    }
    this.#asked.push({ starts, wanted });
    const half = packed30Bytes(c1.length);
    const bytes = new Uint8Array(half + packed30Bytes(wanted * dataPrimes.length));
    pack30(c1, 0, c1.length, bytes, 0);
    return bytes;
  }
}

const bodyOf = (path: string) => {
  const bytes = readFileSync(path);
  return bytes.subarray(4 + bytes.readUInt32LE());
};
const write = (path: string, body: Uint8Array) => {
  const header = Buffer.from('{}');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  writeFileSync(path, Buffer.concat([length, header, body]));
};

describe('a platform that sends chosen ciphertexts instead of products', () => {
  const bank = new VerticalParty('bank-a');
  const shop = new VerticalParty(platform);
  let run: VerticalRun;
  let reader: KeyReader;
  let shape: ProductShape;
  let firstTerms: Uint8Array;
  const bankKeys: Secret[] = [];
  let labels: Uint8Array;

  beforeAll(async () => {
    const rows = invented(300, 2 + columns);
    const holdings = {
      'bank-a': holdInvented(bank, rows, [0, 2], true),
      [platform]: holdInvented(shop, rows, [2, 2 + columns], false),
    };
    const spec = verticalSpecOf({
      ...jobOf('training', holdings),
      binning: { bins: 3 },
      training: { iterations },
      scores: { release: 'none' },
    });
    let folder = '';
    run = await runVertical(spec, [bank, shop], {
      before: async (work) => {
        if (work.step.name === 'terms' && work.step.round === 1) {
          if (work.me === spec.labelHolder) labels = await trainingLabels(work);
          else {
            folder = work.folder;
            shape = await gradientShape(work, 'forHolders', work.me);
            reader = new KeyReader(productSet(shape.set));
          }
        }
      },
      after: (work, { keep }) => {
        if (work.me !== spec.labelHolder || work.step.name !== 'keys') return;
        for (let at = 1; at <= iterations; at++) bankKeys.push(keep!.get(`he/gradients/${at}/product`)!);
      },
      tamper: ({ name, from, to, path, round }) => {
        const is = (step: StepName, sender: string) => name === step && from === sender;
        if (is('terms', 'bank-a') && round === 1) firstTerms = bodyOf(path);
        if (is('products', platform)) write(path, reader.answer(shape));
        if (is('openings', 'bank-a') && to === platform) {
          reader.read(shape, bodyOf(path));
          // So that the honest rest of this party goes on: a gradient of zero.
          const masks = new Secret(new Uint8Array(readFileSync(`${folder}/work-masks-${round}`)));
          write(path, maskOffsets(shape, masks));
        }
      },
    });
  });
  afterAll(() => {
    bank.remove();
    shop.remove();
  });

  const agreement = (found: readonly number[], right: ArrayLike<number>) =>
    found.filter((value, at) => value === right[at]).length / found.length;

  test('has a part of each key of the label holder, and the whole of none', () => {
    expect(shape.set.startsWith('product-')).toBe(true);
    const { degree } = productSet(shape.set);
    const shares = bankKeys.map((key) => agreement(reader.key, ternary(key.reveal(), degree)));
    expect(new Set(bankKeys.map((key) => Buffer.from(key.reveal()).toString('hex'))).size).toBe(iterations);
    // A quarter of the coefficients came from each, a third of the others fits by chance.
    for (const share of shares) expect(share).toBeLessThan(0.6);
    // Those of the first key that were asked for in its iteration are right: the oracle itself is there.
    const asked = Math.floor(degree / iterations / 2);
    const first = ternary(bankKeys[0]!.reveal(), degree).slice(0, asked);
    expect(agreement(reader.key.slice(0, asked), first)).toBe(1);
  });

  test('and reads no label with what it has', async () => {
    const set = productSet(shape.set);
    const room = ProductRoom.open({ threads: 1 });
    const { blocks } = await room.readVector(shape, 'bank-a', [firstTerms]);
    await room.close();
    const perBlock = Math.floor(set.degree / shape.stride);
    const labelsBy = (key: readonly number[]) =>
      blocks.flatMap((words, block) => {
        const count = Math.min(perBlock, shape.rows - block * perBlock);
        const at = Array.from({ length: count }, (_, row) => row * shape.stride);
        return phases(set, words, [...key], at).map((phase) =>
          Number(rounded(set, phase) > BigInt(set.plainModulus) / 2n),
        );
      });
    expect(agreement(labelsBy(reader.key), labels)).toBeLessThan(0.7);
    // With the key itself it would.
    expect(agreement(labelsBy(ternary(bankKeys[0]!.reveal(), set.degree)), labels)).toBe(1);
    expect(run.releases.some(({ kind, functionals }) => kind === 'fit' && functionals === columns)).toBe(
      true,
    );
  });
});

import { createHash, randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CodedError, type HexDigest, type HorizontalSpec } from '../../../contract/index.js';
import { pooledAdder } from '../../../coordinator/adding/index.js';
import { addContributions } from '../../../crypto/secure-sum/adder.js';
import { chooseParameterSet, quantisedMax } from '../../../crypto/secure-sum/index.js';
import { trainingLossPart } from '../../../learning/metrics/training-loss.js';
import { roster, spec } from './support/honest.js';
import { zeroUpload } from './support/served.js';

const adder = pooledAdder(1);
const folders: string[] = [];
afterAll(async () => {
  await adder.close();
  for (const folder of folders) await rm(folder, { recursive: true });
});

async function task(change: (bytes: Uint8Array, sender: string) => Uint8Array = (bytes) => bytes) {
  const folder = await mkdtemp(join(tmpdir(), 'fedrisk-adding-'));
  folders.push(folder);
  const uploads = [];
  for (const sender of roster) {
    const path = join(folder, sender);
    await writeFile(path, change(zeroUpload(3), sender));
    uploads.push({ sender, path, digest: '0'.repeat(64) as HexDigest });
  }
  const shape = { parameterSet: 'narrow', valueCount: 100, contributors: 3 } as const;
  return { ...shape, uploads, output: join(folder, 'added') };
}

/** Bytes that can be added: too few of them are set to make a residue larger than its prime. */
function sparseUpload(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, at) =>
    at % 53 === 0 && at < bytes - 64 ? randomInt(64) : 0,
  );
}

describe('adding in a worker', () => {
  it('gives the same bytes when it is done again after a crash, and says their digest and size', async () => {
    const work = await task();
    const first = await adder.add(work);
    await writeFile(`${work.output}.part`, 'what a crash left');
    expect(await adder.add(work)).toEqual(first);
    const bytes = await readFile(work.output);
    expect(first).toEqual({ digest: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length });
    expect(first.bytes).toBe(adder.sumBytes(work));
  });

  it('gives what the same bytes give in memory: a file is read in pieces smaller than a block', async () => {
    const shape = { parameterSet: 'narrow', valueCount: 9_000, contributors: 3 } as const;
    const all = new Map(roster.map((sender) => [sender as string, sparseUpload(adder.uploadBytes(shape))]));
    const { uploads, output } = await task((_, sender) => all.get(sender)!);
    await adder.add({ ...shape, uploads, output });
    const sources = [...all].map(([name, bytes]) => ({ name, bytes: [bytes] }));
    const blocks: Uint8Array[] = [];
    for await (const block of addContributions(shape, sources)) blocks.push(block);
    expect((await readFile(output)).equals(Buffer.concat(blocks))).toBe(true);
  });

  it.each([
    ['shortened', (bytes: Uint8Array) => bytes.subarray(1)],
    ['lengthened', (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc(1)])],
    ['out of range', (bytes: Uint8Array) => new Uint8Array(bytes.length).fill(255)],
  ])('names the sender of a %s upload', async (_, change) => {
    const work = await task((bytes, sender) => (sender === 'bank-b' ? change(bytes) : bytes));
    const error = await adder.add(work).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CodedError);
    expect(error).toMatchObject({ code: 'SUM_MALFORMED', parties: ['bank-b'] });
  });
});

describe('the parameter set that a spec prescribes', () => {
  it('is the one that participants choose by the range of what they put in', () => {
    const counts = [1, 65_535, 1_000_000, 100_000_000];
    for (const [bits, rowsCap, contributors] of [8, 17, 28].flatMap((b) =>
      counts.flatMap((r) => [3, 40, 50, 255].map((n) => [b, r, n] as const)),
    )) {
      const participants = Array.from({ length: contributors }, (_, at) => `bank-${at}`);
      const one = { ...spec(), participants, update: { ...spec().update, bits, rowsCap } } as HorizontalSpec;
      const update = Math.max(quantisedMax(bits), rowsCap, trainingLossPart(0, 0).maxAbs);
      expect(adder.prescribedSet(one, 'update')).toBe(chooseParameterSet({ maxAbs: update, contributors }));
      const counted = chooseParameterSet({ maxAbs: rowsCap, contributors });
      expect(adder.prescribedSet(one, 'magnitudes')).toBe(counted);
      expect(adder.prescribedSet(one, 'evaluation')).toBe(counted);
      expect(adder.prescribedSet(one, 'moments')).toBeUndefined();
    }
  });
});

describe('the form of an upload', () => {
  it.each([
    ['shortened', (bytes: Uint8Array) => bytes.subarray(1)],
    ['lengthened', (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc(1)])],
    ['out of range', (bytes: Uint8Array) => new Uint8Array(bytes.length).fill(255)],
  ])('is refused where the %s bytes could not be added', async (_, change) => {
    const { uploads, ...shape } = await task((bytes, sender) =>
      sender === 'bank-b' ? change(bytes) : bytes,
    );
    const verdicts = await Promise.allSettled(uploads.map(({ path }) => adder.checkForm({ ...shape, path })));
    expect(verdicts.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(verdicts[1]).toMatchObject({ reason: { code: 'SUM_MALFORMED' } });
  });

  it('of an upload that is gone says that it is lost', async () => {
    const { uploads: _, ...shape } = await task();
    const lost = await adder.checkForm({ ...shape, path: `${shape.output}.none` }).catch((error) => error);
    expect(lost).toMatchObject({ code: 'CIPHERTEXT_LOST' });
  });
});

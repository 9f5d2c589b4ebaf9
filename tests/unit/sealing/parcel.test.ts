import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { openBase, openingContext } from '../../../crypto/sealing/hpke.js';
import {
  generateSealKeys,
  openParcel,
  type ParcelPlace,
  sealedParcelBytes,
  sealParcel,
} from '../../../crypto/sealing/index.js';
import { parcelChunkBytes } from '../../../crypto/sealing/parcel.js';
import { encodeAad } from '../../../crypto/sealing/sealed.js';

const folder = mkdtempSync(join(tmpdir(), 'fedrisk-parcel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const receiver = await generateSealKeys();
const other = await generateSealKeys();
const place: ParcelPlace = {
  rosterDigest: 'ab'.repeat(32),
  session: 'job-1/step/3',
  sender: 'bank-a',
  receiver: 'platform-b',
};
const refused = { code: 'PARCEL_MALFORMED', parties: ['bank-a'] };
const sealedChunk = parcelChunkBytes + 16;

async function sealed(plain: Uint8Array, name = 'sealed'): Promise<Buffer> {
  await sealParcel({ receiverKey: receiver.publicKey, place, plain: [plain], to: at(name) });
  return readFileSync(at(name));
}

/** Opens bytes as the receiver would; `change` is what the receiver expects otherwise. */
async function opened(
  bytes: Uint8Array,
  change: Partial<Parameters<typeof openParcel>[0]> = {},
): Promise<Buffer> {
  rmSync(at('opened'), { force: true });
  writeFileSync(at('arrived'), bytes);
  const { privateKey } = receiver;
  await openParcel({ privateKey, place, from: at('arrived'), to: at('opened'), ...change });
  return readFileSync(at('opened'));
}

describe('what is sealed opens to the same bytes', () => {
  test.each([
    ['nothing', 0],
    ['one byte', 1],
    ['a chunk less one', parcelChunkBytes - 1],
    ['a chunk', parcelChunkBytes],
    ['a chunk and one', parcelChunkBytes + 1],
    ['three chunks and a bit', 3 * parcelChunkBytes + 77],
  ])('%s', async (_, size) => {
    const plain = randomBytes(size);
    const bytes = await sealed(plain);
    expect(bytes).toHaveLength(sealedParcelBytes(size));
    expect((await opened(bytes)).equals(plain)).toBe(true);
  });

  test('whatever its size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(4 * parcelChunkBytes), async (size) => {
        const plain = randomBytes(size);
        expect((await opened(await sealed(plain))).equals(plain)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  test('digest and size are those of the file, which only its owner can read, as is the plaintext', async () => {
    const made = await sealParcel({
      receiverKey: receiver.publicKey,
      place,
      plain: [randomBytes(parcelChunkBytes + 5)],
      to: at('private'),
    });
    const bytes = readFileSync(at('private'));
    expect(made).toEqual({
      digest: createHash('sha256').update(bytes).digest('hex'),
      bytes: bytes.length,
    });
    await opened(bytes);
    for (const name of ['private', 'opened']) expect(statSync(at(name)).mode & 0o777).toBe(0o600);
  });

  test('sealing twice gives unrelated bytes', async () => {
    const plain = randomBytes(1000);
    const [one, two] = [await sealed(plain), await sealed(plain)];
    expect(one.subarray(0, 32).equals(two.subarray(0, 32))).toBe(false);
    expect(one.subarray(32).equals(two.subarray(32))).toBe(false);
  });

  test('RFC 9180 §5.2: the chunks are the messages of one context, in sequence', async () => {
    const plain = randomBytes(parcelChunkBytes + 10);
    const bytes = await sealed(plain);
    const info = Buffer.from('fedrisk/v1/parcel');
    const context = await openingContext(receiver.privateKey, bytes.subarray(0, 32), info);
    const aad = (seq: number, last: boolean) => encodeAad({ ...place, purpose: 'parcel', seq, last });
    const first = await context.open(bytes.subarray(32, 32 + sealedChunk), aad(0, false));
    const second = await context.open(bytes.subarray(32 + sealedChunk), aad(1, true));
    expect(Buffer.concat([first, second]).equals(plain)).toBe(true);
    // The first message of a context is what the single-shot form makes of it.
    const single = { enc: bytes.subarray(0, 32), ciphertext: bytes.subarray(32, 32 + sealedChunk) };
    const again = await openBase(receiver.privateKey, info, aad(0, false), single);
    expect(plain.subarray(0, parcelChunkBytes).equals(again)).toBe(true);
  });
});

describe('a coordinator or sender that changes the file', () => {
  const three = () => sealed(randomBytes(2 * parcelChunkBytes + 500));
  const chunk = (bytes: Buffer, k: number) =>
    bytes.subarray(32 + k * sealedChunk, 32 + (k + 1) * sealedChunk);
  const attacks: Record<string, (bytes: Buffer) => Buffer> = {
    'swaps two chunks': (bytes) =>
      Buffer.concat([bytes.subarray(0, 32), chunk(bytes, 1), chunk(bytes, 0), chunk(bytes, 2)]),
    'leaves a chunk out': (bytes) => Buffer.concat([bytes.subarray(0, 32), chunk(bytes, 0), chunk(bytes, 2)]),
    'repeats a chunk': (bytes) =>
      Buffer.concat([bytes.subarray(0, 32), chunk(bytes, 0), chunk(bytes, 0), chunk(bytes, 2)]),
    'cuts at a chunk border': (bytes) => bytes.subarray(0, 32 + 2 * sealedChunk),
    'cuts inside a chunk': (bytes) => bytes.subarray(0, bytes.length - 100),
    'cuts the last tag': (bytes) => bytes.subarray(0, bytes.length - 16),
    'cuts everything but the key': (bytes) => bytes.subarray(0, 32),
    'cuts inside the key': (bytes) => bytes.subarray(0, 20),
    'sends nothing': (bytes) => bytes.subarray(0, 0),
    'adds a byte': (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]),
    'adds its last chunk again': (bytes) => Buffer.concat([bytes, chunk(bytes, 2)]),
    'puts a small-order key in front': (bytes) => Buffer.concat([Buffer.alloc(32), bytes.subarray(32)]),
  };

  test.each(Object.entries(attacks))('%s', async (_, attack) => {
    await expect(opened(attack(await three()))).rejects.toMatchObject(refused);
  });

  test('joins the parts of two parcels for the same place', async () => {
    const [one, two] = [await three(), await three()];
    const joined = Buffer.concat([one.subarray(0, 32 + sealedChunk), two.subarray(32 + sealedChunk)]);
    await expect(opened(joined)).rejects.toMatchObject(refused);
  });

  test('flips any bit', async () => {
    const bytes = await sealed(randomBytes(300));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
        const changed = Buffer.from(bytes);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        // X25519 ignores the top bit of a key (RFC 7748 §5), but HPKE takes the bytes into its schedule.
        await expect(opened(changed)).rejects.toMatchObject(refused);
      }),
      { numRuns: 60 },
    );
  });

  test('leaves no plaintext under the name of a whole one', async () => {
    const bytes = await three();
    await expect(opened(bytes.subarray(0, 32 + 2 * sealedChunk))).rejects.toMatchObject(refused);
    expect(existsSync(at('opened'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('a parcel in another place', () => {
  test.each<[string, Partial<ParcelPlace>]>([
    ['of another job', { rosterDigest: 'cd'.repeat(32) }],
    ['of another step', { session: 'job-1/step/4' }],
    ['from another sender', { sender: 'platform-c' }],
    ['for another receiver', { receiver: 'platform-c' }],
  ])('%s does not open', async (_, change) => {
    const bytes = await sealed(randomBytes(50));
    const moved = { ...place, ...change };
    await expect(opened(bytes, { place: moved })).rejects.toMatchObject({
      code: 'PARCEL_MALFORMED',
      parties: [moved.sender],
    });
  });

  test('for somebody else does not open, even when its place is right', async () => {
    const bytes = await sealed(randomBytes(50));
    await expect(opened(bytes, { privateKey: other.privateKey })).rejects.toMatchObject(refused);
  });
});

test('RFC 7748 §6.1: a small-order receiver key is refused, since its shared secret would be public', async () => {
  for (const receiverKey of ['00'.repeat(32), `01${'00'.repeat(31)}`, 'ab', '']) {
    await expect(
      sealParcel({ receiverKey, place, plain: [Buffer.of(1)], to: at('never') }),
    ).rejects.toMatchObject({ code: 'MESSAGE_MALFORMED', parties: ['platform-b'] });
  }
  expect(existsSync(at('never'))).toBe(false);
});

test('a parcel beyond the limit is refused on its way, and leaves no file', async () => {
  const { publicKey: receiverKey } = receiver;
  const plain = randomBytes(2 * parcelChunkBytes);
  const most = sealedParcelBytes(plain.length);
  await sealParcel({ receiverKey, place, plain: [plain], to: at('largest'), most });
  expect(statSync(at('largest')).size).toBe(most);
  await expect(
    sealParcel({ receiverKey, place, plain: [plain, Buffer.of(0)], to: at('never'), most }),
  ).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
  expect(readdirSync(folder).filter((name) => name.startsWith('never'))).toEqual([]);
});

test('a place that is taken by a folder gets no file, and no part of one beside it', async () => {
  mkdirSync(join(at('taken'), 'inside'), { recursive: true });
  await expect(opened(await sealed(randomBytes(100)), { to: at('taken') })).rejects.toMatchObject({
    code: 'EISDIR',
  });
  expect(readdirSync(folder)).not.toContain('taken.tmp');
});

test('pieces of any size are sealed like one, and a source that fails leaves no file', async () => {
  const { publicKey: receiverKey } = receiver;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(parcelChunkBytes + 2), { maxLength: 8 }), async (sizes) => {
      const pieces = sizes.map((size) => randomBytes(size));
      await sealParcel({ receiverKey, place, plain: pieces, to: at('pieces') });
      expect((await opened(readFileSync(at('pieces')))).equals(Buffer.concat(pieces))).toBe(true);
    }),
    { numRuns: 15 },
  );
  async function* failing() {
    yield randomBytes(parcelChunkBytes + 1);
    throw new RangeError('no more');
  }
  await expect(sealParcel({ receiverKey, place, plain: failing(), to: at('never') })).rejects.toThrow(
    'no more',
  );
  expect(readdirSync(folder).filter((name) => name.startsWith('never'))).toEqual([]);
});

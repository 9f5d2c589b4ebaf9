import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { HexDigest, JobId, ParticipantName } from '../../../contract/index.js';
import { ParcelRelay } from './parcel-relay.js';

const folder = mkdtempSync(join(tmpdir(), 'fedrisk-transfer-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const jobId = `job-${'0'.repeat(32)}` as JobId;
const bank = 'bank-a' as ParticipantName;
const never = new AbortController().signal;
const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex') as HexDigest;

let turn = 0;
/** A parcel of 700,000 bytes from bank-a at the relay, and a place for it. */
async function arriving() {
  turn += 1;
  const relay = new ParcelRelay();
  const bytes = randomBytes(700_000);
  relay.stored.set('3 bank-a platform-b', bytes);
  const link = await relay.link('platform-b');
  const path = join(folder, `parcel-${turn}`);
  const order = { jobId, sum: 3, from: bank, digest: digestOf(bytes), bytes: bytes.length };
  const download = (change: Partial<typeof order> = {}) =>
    link.downloadParcel({ ...order, ...change }, path, never);
  return { relay, bytes, path, download };
}

describe('a parcel on its way down', () => {
  test('arrives under its name, readable by its owner only', async () => {
    const { bytes, path, download } = await arriving();
    await download();
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(existsSync(`${path}.part`)).toBe(false);
  });

  test('goes on where the connection broke', async () => {
    const { relay, bytes, path, download } = await arriving();
    let cuts = 0;
    relay.hand = () => (cuts++ < 2 ? { cut: 200_000 } : {});
    await download();
    expect(readFileSync(path).equals(bytes)).toBe(true);
    const [first, second, third] = relay.asked.map(({ offset }) => offset);
    expect(first).toBe(0);
    expect(second).toBeGreaterThan(0);
    expect(third).toBeGreaterThan(second!);
  });

  test.each(Array.from({ length: 12 }, (_, afterMs) => afterMs))(
    'goes on where the connection broke while the last bytes were being written (%i ms later)',
    async (afterMs) => {
      const { relay, bytes, path, download } = await arriving();
      let cuts = 0;
      relay.hand = () => (cuts++ < 1 ? { cut: 400_000, afterMs } : {});
      await download();
      expect(readFileSync(path).equals(bytes)).toBe(true);
    },
  );

  test('goes on after a restart from the half that is on disk', async () => {
    const { relay, bytes, path, download } = await arriving();
    writeFileSync(`${path}.part`, bytes.subarray(0, 300_000));
    await download();
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(relay.asked.map(({ offset }) => offset)).toEqual([300_000]);
  });

  test('whose last byte was on disk already is asked for no more', async () => {
    const { relay, bytes, path, download } = await arriving();
    writeFileSync(`${path}.part`, bytes);
    await download();
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(relay.asked).toEqual([]);
  });

  test.each([
    ['torn by a power cut', (bytes: Buffer) => Buffer.alloc(300_000, bytes[0])],
    ['of an earlier, longer file', (bytes: Buffer) => Buffer.concat([bytes, bytes])],
  ])('is begun again over a half that was %s', async (_, torn) => {
    const { bytes, path, download } = await arriving();
    writeFileSync(`${path}.part`, torn(bytes));
    await download();
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  test('that stands whole from before comes no second time, and one that was torn since does', async () => {
    const { relay, bytes, path, download } = await arriving();
    writeFileSync(path, bytes);
    await download();
    expect(relay.asked).toEqual([]);
    writeFileSync(path, bytes.subarray(1));
    await download();
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['other bytes', (bytes) => Buffer.from(bytes).reverse()],
    ['fewer bytes', (bytes) => bytes.subarray(0, 500_000)],
    ['more bytes', (bytes) => Buffer.concat([bytes, Buffer.alloc(500_000)])],
    ['nothing', () => Buffer.alloc(0)],
  ])('of which the coordinator hands out %s is refused', async (_, lie) => {
    const { relay, bytes, path, download } = await arriving();
    relay.hand = () => ({ bytes: lie(bytes) });
    await expect(download()).rejects.toMatchObject({ code: 'PARCEL_MALFORMED', parties: ['bank-a'] });
    expect(existsSync(path)).toBe(false);
    expect(existsSync(`${path}.part`)).toBe(false);
  });

  test('never takes more disk than its post announced', async () => {
    const { relay, bytes, path, download } = await arriving();
    relay.hand = () => ({ bytes: Buffer.alloc(50_000_000), cut: 50_000_000 });
    await expect(download({ bytes: 1000, digest: digestOf(bytes) })).rejects.toMatchObject({
      code: 'PARCEL_MALFORMED',
    });
    expect(existsSync(path)).toBe(false);
  });
});

test('an upload that broke off goes on where the copy of the coordinator ends', async () => {
  const relay = new ParcelRelay();
  relay.cutUpload = 300_000;
  const bytes = randomBytes(900_000);
  const path = join(folder, 'up');
  writeFileSync(path, bytes);
  const link = await relay.link('bank-a');
  const what = { jobId, sum: 3, to: 'platform-b' as ParticipantName, digest: digestOf(bytes) };
  await link.upload(what, path, never);
  expect(relay.stored.get('3 bank-a platform-b')?.equals(bytes)).toBe(true);
  expect(relay.uploads).toHaveLength(2);
  expect(relay.uploads[1]!.offset).toBeGreaterThanOrEqual(300_000);
  await link.upload(what, path, never);
  expect(relay.uploads).toHaveLength(2);
});

describe('an upload whose bytes do not fit its digest', () => {
  /** 900,000 bytes on their way up to a coordinator that checks digests. */
  const leaving = async () => {
    turn += 1;
    const relay = new ParcelRelay();
    relay.checksDigests = true;
    const bytes = randomBytes(900_000);
    const path = join(folder, `up-${turn}`);
    writeFileSync(path, bytes);
    const link = await relay.link('bank-a');
    const what = { jobId, sum: 3, to: 'platform-b' as ParticipantName, digest: digestOf(bytes) };
    return { relay, bytes, path, upload: () => link.upload(what, path, never) };
  };

  test('because a power cut tore what the coordinator had of it comes again from the start', async () => {
    const { relay, bytes, upload } = await leaving();
    const torn = Buffer.from(bytes.subarray(0, 400_000)).fill(0, 396_000);
    relay.stored.set('3 bank-a platform-b', torn);
    await upload();
    expect(relay.stored.get('3 bank-a platform-b')?.equals(bytes)).toBe(true);
    expect(relay.uploads.map(({ offset }) => offset)).toEqual([400_000, 0]);
  });

  test('though all of them came at once is not tried again: the own file is another one', async () => {
    const { relay, bytes, path, upload } = await leaving();
    writeFileSync(path, bytes.fill(0, 100, 200));
    await expect(upload()).rejects.toMatchObject({ code: 'UPLOAD_DIGEST' });
    expect(relay.uploads.map(({ offset }) => offset)).toEqual([0]);
  });
});

test('an upload of which the own disk gives nothing fails with a code; it is not made again and again', async () => {
  const relay = new ParcelRelay();
  const link = await relay.link('bank-a');
  const what = { jobId, sum: 3, to: 'platform-b' as ParticipantName, digest: digestOf(Buffer.alloc(0)) };
  // A folder has a size, and cannot be read.
  await expect(link.upload(what, folder, never)).rejects.toMatchObject({ code: 'INTERNAL' });
});

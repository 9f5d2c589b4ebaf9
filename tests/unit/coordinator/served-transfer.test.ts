import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawNonce, limits, type ParticipantName } from '../../../contract/index.js';
import { unaryCall } from '../../../participant/identity/index.js';
import type { GetUploadResponse__Output } from '../../../proto/gen/fedrisk/v1/GetUploadResponse.js';
import { codedAsync } from '../../support/coded.js';
import { Served, zeroUpload } from './support/served.js';
import { reaches } from './support/table-job.js';
import { opens, parcelBytes, parcelPost, verticalSpec } from './support/vertical.js';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served.close());

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('added ciphertexts', () => {
  it('gives the added ciphertexts of the last sum to participants only, from any offset', async () => {
    const { jobId } = await served.submit();
    const state = await served.play(jobId, reaches('magnitudes', 'applying'));
    if (!('current' in state) || state.current.phase !== 'applying') throw new Error('no sum');
    const { digest, bytes } = state.current;
    const download = (name: string, offset: number) => served.download(name, { jobId, sum: 0, offset });
    const whole = await download('bank-a', 0);
    expect([sha256(whole), whole.length]).toEqual([digest, bytes]);
    expect(await download('platform-x', 1000)).toEqual(whole.subarray(1000));
    expect(await codedAsync(download('ana', 0))).toBe('ROLE_FORBIDDEN');
    expect(await codedAsync(download('bank-a', bytes + 1))).toBe('UPLOAD_OFFSET');
  });
});

describe('uploads', () => {
  it('resume where they stopped and are checked as a whole', async () => {
    const { jobId } = await served.submit();
    await served.play(jobId, reaches('magnitudes', 'collecting'));
    const bytes = zeroUpload(3);
    const header = { jobId, sum: 0, digest: sha256(bytes), bytes: bytes.length, offset: 0 };
    const { node } = served.member('bank-a');
    const status = (digest: string) =>
      unaryCall<GetUploadResponse__Output>((...rest) => node.getUpload({ jobId, sum: 0, digest }, ...rest));

    expect(await status(header.digest)).toEqual({ receivedBytes: 0, complete: false });
    const part = await served.upload('bank-a', header, [bytes.subarray(0, 300)]);
    expect(part).toEqual({ receivedBytes: 300, complete: false });
    expect(await codedAsync(served.upload('bank-a', header, [bytes]))).toBe('UPLOAD_OFFSET');
    const rest = { ...header, offset: 300 };
    expect(await served.upload('bank-a', rest, [bytes.subarray(300)])).toMatchObject({ complete: true });
    expect(await status(header.digest)).toEqual({ receivedBytes: bytes.length, complete: true });
    expect(await served.upload('bank-a', header, [bytes])).toMatchObject({ complete: true });

    const other = randomBytes(64);
    const second = { ...header, digest: sha256(other), bytes: 64 };
    expect(await codedAsync(served.upload('bank-a', second, [other]))).toBe('MESSAGE_CONFLICT');
    const wrong = { ...header, digest: sha256(other) };
    expect(await codedAsync(served.upload('bank-b', wrong, [bytes]))).toBe('UPLOAD_DIGEST');
    expect(await codedAsync(served.upload('bank-b', header, [bytes, bytes]))).toBe('MESSAGE_TOO_LARGE');
    expect(await codedAsync(served.upload('bank-b', { ...header, sum: 1 }, [bytes]))).toBe(
      'MESSAGE_UNEXPECTED',
    );
    expect(await codedAsync(served.upload('ana', header, [bytes]))).toBe('ROLE_FORBIDDEN');
    expect(await codedAsync(served.upload('bank-b', { ...header, digest: '../../x' }, [bytes]))).toBe(
      'MESSAGE_MALFORMED',
    );
    expect(
      await codedAsync(served.upload('platform-x', header, [new Uint8Array(limits.chunkBytes + 1)])),
    ).toBe('MESSAGE_TOO_LARGE');
  });
});

describe('an upload that breaks off', () => {
  it('keeps what arrived and goes on from there', async () => {
    const { jobId } = await served.submit();
    await served.play(jobId, reaches('magnitudes', 'collecting'));
    const bytes = zeroUpload(3);
    const header = { jobId, sum: 0, digest: sha256(bytes), bytes: bytes.length, offset: 0 };
    const { node } = served.member('bank-a');
    const status = () =>
      unaryCall<GetUploadResponse__Output>((...rest) =>
        node.getUpload({ jobId, sum: 0, digest: header.digest }, ...rest),
      );
    const call = node.upload(() => undefined);
    call.on('error', () => undefined);
    call.write({ body: 'header', header });
    call.write({ body: 'chunk', chunk: Buffer.from(bytes.subarray(0, 300)) });
    while ((await status()).receivedBytes === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    // A second connection takes over from one that hangs: the first is still open here.
    const rest = { ...header, offset: 300 };
    expect(await served.upload('bank-a', rest, [bytes.subarray(300)])).toMatchObject({ complete: true });
    call.cancel();
    expect(await status()).toEqual({ receivedBytes: bytes.length, complete: true });
  });
});

describe('parcels', () => {
  const three = ['bank-a', 'bank-b', 'platform-x'];
  /** A job whose first step is open: everybody owes everybody a parcel. */
  const start = async () => {
    const { jobId } = await served.submitSpec(verticalSpec({ nonce: drawNonce() }, three));
    await served.play(jobId, opens('keys'));
    return jobId;
  };
  const bytes = parcelBytes(0, 'bank-a', 'platform-x');
  const header = { sum: 0, to: 'platform-x', digest: sha256(bytes), bytes: bytes.length, offset: 0 };
  const said = parcelPost(0, 'bank-a' as ParticipantName, 'platform-x' as ParticipantName);

  it('are given to their receiver alone, from any offset, once their post stands', async () => {
    const jobId = await start();
    const get = (name: string, from: string, offset = 0) =>
      served.download(name, { jobId, sum: 0, from, offset });
    await served.upload('bank-a', { jobId, ...header }, [bytes]);
    expect(await codedAsync(get('platform-x', 'bank-a'))).toBe('ROUND_UNKNOWN');
    await served.say('bank-a', jobId, said);
    expect(await get('platform-x', 'bank-a')).toEqual(Buffer.from(bytes));
    expect(await get('platform-x', 'bank-a', 100)).toEqual(Buffer.from(bytes.subarray(100)));
    expect(await codedAsync(get('platform-x', 'bank-a', bytes.length + 1))).toBe('UPLOAD_OFFSET');
    // Whoever asks is the receiver: another participant asks for what was sent to itself, and there is nothing.
    expect(await codedAsync(get('bank-b', 'bank-a'))).toBe('ROUND_UNKNOWN');
    expect(await codedAsync(get('bank-a', 'bank-a'))).toBe('ROUND_UNKNOWN');
    expect(await codedAsync(get('bank-a', 'platform-x'))).toBe('ROUND_UNKNOWN');
    for (const stranger of ['ana', 'eve', 'operator']) {
      expect(await codedAsync(get(stranger, 'bank-a'))).toBe('ROLE_FORBIDDEN');
    }
    expect(await codedAsync(get('platform-x', '../bank-a'))).toBe('MESSAGE_MALFORMED');
    expect(await codedAsync(served.download('platform-x', { jobId, sum: 0, offset: 0 }))).toBe(
      'ROUND_UNKNOWN',
    );
  });

  it('are taken from their sender alone, on a route of the open step, one in a place', async () => {
    const jobId = await start();
    const send = (name: string, change: object = {}, chunks = [bytes]) =>
      codedAsync(served.upload(name, { jobId, ...header, ...change }, chunks));
    expect(await send('ana')).toBe('ROLE_FORBIDDEN');
    expect(await send('platform-x')).toBe('MESSAGE_UNEXPECTED');
    expect(await send('bank-a', { to: 'bank-a' })).toBe('MESSAGE_UNEXPECTED');
    expect(await send('bank-a', { to: 'bank-z' })).toBe('MESSAGE_UNEXPECTED');
    expect(await send('bank-a', { to: '../x' })).toBe('MESSAGE_MALFORMED');
    expect(await send('bank-a', { to: '' })).toBe('MESSAGE_UNEXPECTED');
    expect(await send('bank-a', { sum: 1 })).toBe('MESSAGE_UNEXPECTED');
    expect(await send('bank-a', { bytes: limits.parcelBytes + 1 })).toBe('MESSAGE_MALFORMED');
    expect(await send('bank-a', {}, [bytes, bytes])).toBe('MESSAGE_TOO_LARGE');
    expect(await send('bank-a', { digest: sha256(randomBytes(8)) })).toBe('UPLOAD_DIGEST');
    expect(await send('bank-a')).toBe('no error');
    expect(await send('bank-a', { digest: sha256(randomBytes(8)) })).toBe('MESSAGE_CONFLICT');
    // The same sender's parcel for somebody else has a place of its own.
    const other = parcelBytes(0, 'bank-a', 'bank-b');
    const elsewhere = { to: 'bank-b', digest: sha256(other), bytes: other.length };
    expect(await send('bank-a', elsewhere, [other])).toBe('no error');
    await served.play(jobId, opens('blind'));
    expect(await send('bank-a', elsewhere, [other])).toBe('MESSAGE_UNEXPECTED');
  });

  it('resume where they stopped', async () => {
    const jobId = await start();
    const { node } = served.member('bank-a');
    const status = (to: string) =>
      unaryCall<GetUploadResponse__Output>((...rest) =>
        node.getUpload({ jobId, sum: 0, to, digest: header.digest }, ...rest),
      );
    await served.upload('bank-a', { jobId, ...header }, [bytes.subarray(0, 50)]);
    expect(await status('platform-x')).toEqual({ receivedBytes: 50, complete: false });
    expect(await status('bank-b')).toEqual({ receivedBytes: 0, complete: false });
    expect(await codedAsync(served.say('bank-a', jobId, said))).toBe('UPLOAD_MISSING');
    const rest = { jobId, ...header, offset: 50 };
    expect(await served.upload('bank-a', rest, [bytes.subarray(50)])).toMatchObject({ complete: true });
    await served.say('bank-a', jobId, said);
  });

  it('are gone when the job is over, and take nothing more', async () => {
    const { jobId } = await served.submitSpec(verticalSpec({ nonce: drawNonce(), type: 'binning' }));
    await served.play(jobId);
    const get = served.download('platform-x', { jobId, sum: 0, from: 'bank-a', offset: 0 });
    expect(await codedAsync(get)).toBe('ROUND_UNKNOWN');
    expect(await codedAsync(served.upload('bank-a', { jobId, ...header }, [bytes]))).toBe('JOB_ENDED');
  });

  it('have no place in a horizontal job', async () => {
    const { jobId } = await served.submit();
    await served.play(jobId, reaches('magnitudes', 'collecting'));
    expect(await codedAsync(served.upload('bank-a', { jobId, ...header }, [bytes]))).toBe(
      'MESSAGE_UNEXPECTED',
    );
    const get = served.download('platform-x', { jobId, sum: 0, from: 'bank-a', offset: 0 });
    expect(await codedAsync(get)).toBe('ROUND_UNKNOWN');
  });
});

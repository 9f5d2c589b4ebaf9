import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openS3Blobs, type S3Access } from '../../coordinator/blobs/index.js';
import { codedAsync } from '../support/coded.js';
import { findS3, type S3Server, startS3 } from '../support/s3-server.js';

const s3 = findS3();
if ('missing' in s3) process.stderr.write(`owners of S3 folders are not tested: ${s3.missing}\n`);

const [ours, theirs] = ['a1'.repeat(32), 'b2'.repeat(32)];

describe.runIf('python' in s3)('a folder of an S3 store', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3((s3 as { python: string }).python);
  }, 90_000);
  afterAll(() => server?.stop());

  const open = async (access: S3Access, owner: string) => {
    const blobs = await openS3Blobs(access, owner);
    onTestFinished(() => blobs.close());
    return blobs;
  };
  const bucketOf = ({ url }: S3Access) => url.slice('s3://'.length).split('/')[0]!;
  const namesIn = async (access: S3Access) => {
    const found: string[] = [];
    for await (const { name } of server.client.listObjectsV2(bucketOf(access), '', true)) found.push(name!);
    return found;
  };
  const mark = async (access: S3Access) => {
    const pieces: Buffer[] = [];
    for await (const piece of await server.client.getObject(bucketOf(access), 'risk/models/owner')) {
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString();
  };

  test('belongs to the coordinator that came first, and to its replicas', async () => {
    const access = await server.newBucket();
    const blobs = await open(access, ours);
    await open(access, ours);
    await blobs.put('a/1/added', import.meta.filename);
    await expect(openS3Blobs(access, theirs)).rejects.toMatchObject({
      code: 'HOME_INVALID',
      message: expect.stringMatching(/s3:\/\/.*risk\/models.*folder of its own.*delete the object/),
    });
    expect(await namesIn(access)).toEqual(['risk/models/a/1/added', 'risk/models/owner']);
    expect(await mark(access)).toBe(ours);
    // The mark is no file of a job and outlives them.
    expect(await blobs.roots()).toEqual(['a']);
    await blobs.remove('a');
    expect(await namesIn(access)).toEqual(['risk/models/owner']);
    await open({ ...access, url: `s3://${bucketOf(access)}/other` }, theirs);
  });

  test('with files and no mark, as older versions left it, becomes that of who comes first', async () => {
    const access = await server.newBucket();
    await server.client.putObject(bucketOf(access), 'risk/models/a/1/added', 'bytes');
    await open(access, ours);
    expect(await codedAsync(openS3Blobs(access, theirs))).toBe('HOME_INVALID');
  });

  test('with something else under the name of the mark is nobody’s', async () => {
    const access = await server.newBucket();
    const large = Buffer.alloc(1024 * 1024, ours);
    await server.client.putObject(bucketOf(access), 'risk/models/owner', large);
    expect(await codedAsync(openS3Blobs(access, ours))).toBe('HOME_INVALID');
  });

  test('that lost its mark gets it back, and one that was marked by another gives no files to delete', async () => {
    const access = await server.newBucket();
    const blobs = await open(access, ours);
    await server.client.removeObject(bucketOf(access), 'risk/models/owner');
    expect(await blobs.roots()).toEqual([]);
    expect(await mark(access)).toBe(ours);
    await server.client.putObject(bucketOf(access), 'risk/models/owner', theirs);
    expect(await codedAsync(blobs.roots())).toBe('HOME_INVALID');
  });

  type Meet = (request: IncomingMessage, response: ServerResponse, go: () => void) => void;

  /** The store behind something that each request meets on its way. */
  const through = async (access: S3Access, meet: Meet): Promise<S3Access> => {
    const proxy = http.createServer((request, response) => {
      meet(request, response, () => {
        const { method, url, headers } = request;
        const asked = http.request(access.endpoint + url, { method, headers }, (answer) => {
          response.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(response);
        });
        request.pipe(asked);
      });
    });
    await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
    onTestFinished(() => void proxy.close());
    return { ...access, endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
  };

  test.each<[string, Meet]>([
    [
      'ignores',
      (request, _, go) => {
        delete request.headers['if-none-match'];
        go();
      },
    ],
    [
      'refuses',
      (request, response, go) => {
        if (request.headers['if-none-match'] === undefined) return go();
        request.resume();
        response.writeHead(501, { 'content-type': 'application/xml' });
        response.end('<Error><Code>NotImplemented</Code><Message>no</Message></Error>');
      },
    ],
  ])('is marked in a store that %s conditions', async (_, meet) => {
    const access = await server.newBucket();
    const plain = await through(access, meet);
    await open(plain, ours);
    expect(await mark(access)).toBe(ours);
    expect(await codedAsync(openS3Blobs(plain, theirs))).toBe('HOME_INVALID');
  });

  test('that two find without a mark is that of who writes first, however late the other does', async () => {
    const access = await server.newBucket();
    const waiting: (() => void)[] = [];
    const late = await through(access, ({ method }, _, go) => {
      if (method !== 'PUT') return go();
      waiting.push(go);
      if (waiting.length === 2) waiting[0]!();
    });
    const opened = [ours, theirs].map((owner) => codedAsync(open(late, owner)));
    expect(await Promise.race(opened)).toBe('no error');
    waiting[1]!();
    expect((await Promise.all(opened)).sort()).toEqual(['HOME_INVALID', 'no error']);
  });
});

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openS3Blobs, type S3Access } from '../../coordinator/blobs/index.js';
import { parseConfig } from '../../coordinator/config.js';
import { openSharedBlobs } from '../../coordinator/home-blobs.js';
import { openPostgresBlobs, openPostgresStore } from '../../coordinator/store/index.js';
import { coded, codedAsync } from '../support/coded.js';
import {
  findPostgres,
  freePort,
  newDatabase,
  type PostgresServer,
  startPostgres,
} from '../support/postgres-cluster.js';
import { findS3, type S3Server, startS3 } from '../support/s3-server.js';
import { blobSuite } from './blob-suite.js';

const postgres = findPostgres();
const s3 = findS3();
if ('missing' in postgres) process.stderr.write(`PostgreSQL blobs are not tested: ${postgres.missing}\n`);
if ('missing' in s3) process.stderr.write(`S3 blobs are not tested: ${s3.missing}\n`);

blobSuite('folder');

describe('where a coordinator keeps ciphertexts', () => {
  const away = 'postgres://owner@127.0.0.1:1/postgres';
  const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };

  it.each<[string, string, Record<string, string>, string]>([
    ['blobs: postgres', 'sqlite', keys, 'CONFIG_INVALID'],
    ['blobs: s3://bucket/folder', 'sqlite', {}, 'CONFIG_INVALID'],
    ['blobs: s3://bucket\nblobsEndpoint: http://127.0.0.1:1', away, keys, 'COORDINATOR_UNREACHABLE'],
    ['', away, keys, 'COORDINATOR_UNREACHABLE'],
    ['', 'sqlite', keys, 'no error'],
    ['blobs: folder', away, keys, 'no error'],
  ])('%s, store %s', async (yaml, store, environment, code) => {
    expect(await codedAsync(openSharedBlobs(parseConfig(yaml), store, environment, 'owner'))).toBe(code);
  });

  it.each(['blobs: elsewhere', 'blobs: s3://bucket\nblobsEndpoint: ftp://host'])('not %s', (yaml) => {
    expect(coded(() => parseConfig(yaml))).toBe('CONFIG_INVALID');
  });
});

describe.runIf('bin' in postgres)('PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres((postgres as { bin: string }).bin);
  });
  afterAll(() => server?.stop());

  blobSuite('postgres', async () => {
    const url = await newDatabase(server);
    return { open: () => openPostgresBlobs(url) };
  });

  it('holds no row of what was removed, nor of what was not finished', async () => {
    const url = await newDatabase(server);
    const blobs = await openPostgresBlobs(url);
    await blobs.put('a/1/added', import.meta.filename);
    await blobs.put('a0/1/added', import.meta.filename);
    await expect(blobs.put('b/1/added', '/nowhere')).rejects.toThrow('ENOENT');
    await blobs.remove('a');
    await blobs.close();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    for (const table of ['blobs', 'blob_chunks']) {
      const { rows } = await client.query(`select distinct key from ${table}`);
      expect(rows).toEqual([{ key: 'a0/1/added' }]);
    }
    await client.end();
  });

  it('is brought along by the store and minds no other replica that migrates', async () => {
    const url = await newDatabase(server);
    const [store, blobs] = await Promise.all([openPostgresStore(url), openPostgresBlobs(url)]);
    expect(await blobs.roots()).toEqual([]);
    await Promise.all([store.close(), blobs.close()]);
  });

  it('says that it is unreachable', async () => {
    const away = `postgres://owner@127.0.0.1:${await freePort()}/postgres`;
    expect(await codedAsync(openPostgresBlobs(away))).toBe('COORDINATOR_UNREACHABLE');
  });
});

describe.runIf('python' in s3)('S3', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3((s3 as { python: string }).python);
  }, 90_000);
  afterAll(() => server?.stop());

  blobSuite('s3', async () => {
    const access = await server.newBucket();
    return { open: () => openS3Blobs(access) };
  });

  it('stores below its folder only and leaves no piece behind', async () => {
    const access = await server.newBucket();
    const [bucket = ''] = access.url.slice('s3://'.length).split('/');
    const names = async () => {
      const found: string[] = [];
      for await (const { name } of server.client.listObjectsV2(bucket, '', true)) found.push(name!);
      return found;
    };
    const blobs = await openS3Blobs(access);
    await server.client.putObject(bucket, 'foreign/a/1/added', 'not ours');
    const file = join(mkdtempSync(join(tmpdir(), 'fedrisk-s3-')), 'added');
    writeFileSync(file, Buffer.alloc(8 * 1024 * 1024 + 1));
    await blobs.put('a/1/added', file);
    rmSync(dirname(file), { recursive: true });
    expect(await names()).toEqual(['foreign/a/1/added', 'risk/models/a/1/added', 'risk/models/a/1/added.1']);
    expect(await blobs.keys('a')).toEqual(['a/1/added']);
    expect(await blobs.roots()).toEqual(['a']);
    await blobs.remove('a');
    expect(await names()).toEqual(['foreign/a/1/added']);
    await blobs.close();
  });

  it('asks again when the store closes connections', async () => {
    const access = await server.newBucket();
    const { port } = new URL(access.endpoint);
    let closed = 0;
    // Every connection ends before it is answered, except each third.
    const fickle = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      if (++closed % 3 !== 0) return socket.destroy();
      const store = connect(Number(port), '127.0.0.1').on('error', () => socket.destroy());
      socket.pipe(store).pipe(socket);
    });
    await new Promise<void>((listening) => fickle.listen(0, '127.0.0.1', listening));
    const { port: at } = fickle.address() as AddressInfo;
    const blobs = await openS3Blobs({ ...access, endpoint: `http://127.0.0.1:${at}` });
    await blobs.put('a/1/added', import.meta.filename);
    expect(await blobs.size('a/1/added')).toBe(statSync(import.meta.filename).size);
    expect(closed).toBeGreaterThan(2);
    await blobs.close();
    fickle.close();
  });

  it.each<[string, Partial<S3Access>, string]>([
    ['another bucket', { url: 's3://no-such-bucket' }, 'CONFIG_INVALID'],
    ['no URL', { url: 'ciphertexts' }, 'CONFIG_INVALID'],
    ['no endpoint', { endpoint: 'somewhere' }, 'CONFIG_INVALID'],
    ['nobody there', { endpoint: 'http://127.0.0.1:1' }, 'COORDINATOR_UNREACHABLE'],
  ])('refuses %s at the start', async (_, change, code) => {
    const access = { ...(await server.newBucket()), ...change };
    expect(await codedAsync(openS3Blobs(access))).toBe(code);
  });
});

import { chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionOf, isPlaintext } from '../../coordinator/store/postgres/connection.js';
import { Database } from '../../coordinator/store/postgres/database.js';
import {
  createAuthority,
  generateTlsKey,
  issueServerCertificate,
  keyPairOf,
  privateKeyPem,
} from '../../crypto/identity/index.js';
import { coded, codedAsync } from '../support/coded.js';
import { findPostgres, type PostgresServer, startPostgres } from '../support/postgres-cluster.js';

const found = findPostgres();
if ('missing' in found) process.stderr.write(`TLS to PostgreSQL is not tested: ${found.missing}\n`);
const limits = { statementMs: 10_000, idleMs: 10_000 };

describe('a store on another machine', () => {
  it.each([
    ['postgres://hub@db.example/hub', 'CONFIG_INVALID'],
    ['postgres://hub@db.example/hub?sslmode=prefer', 'CONFIG_INVALID'],
    ['postgres://hub@db.example/hub?sslmode=no-verify', 'CONFIG_INVALID'],
    ['postgres://hub@db.example/hub?sslmode=verify-full&ssl=0&sslmode=disable', 'CONFIG_INVALID'],
    ['postgres://hub@127.0.0.1.example/hub', 'CONFIG_INVALID'],
    ['postgres://hub@localhost/hub?host=db.example', 'CONFIG_INVALID'],
    ['postgres://hub@db.example/hub?sslmode=verify-full&sslrootcert=/nowhere/ca.pem', 'CONFIG_INVALID'],
    ['postgres://hub@db.example/hub?sslmode=verify-full', 'no error'],
    ['postgres://hub@db.example/hub?sslmode=require', 'no error'],
    ['postgres://hub@db.example/hub?sslmode=disable', 'no error'],
    ['postgres://hub@localhost/hub', 'no error'],
    ['postgres://hub@127.0.0.1:5433/hub', 'no error'],
    ['postgres://hub@[::1]/hub', 'no error'],
    ['postgres:///hub?host=/var/run/postgresql', 'no error'],
  ])('%s: %s', (url, code) => {
    expect(coded(() => connectionOf(url, limits))).toBe(code);
  });

  it('is refused in words that say what to write, and no password', () => {
    const url = 'postgres://hub:s3cr3t-word@db.example/hub';
    expect(() => connectionOf(url, limits)).toThrow(/db\.example.*sslmode=verify-full.*sslmode=disable/);
    expect(() => connectionOf(url, limits)).not.toThrow('s3cr3t');
  });

  it('is plaintext where the URL says so', () => {
    expect(isPlaintext('postgres://hub@db.example/hub?sslmode=disable')).toBe(true);
    expect(isPlaintext('postgres://hub@db.example/hub?sslmode=verify-full')).toBe(false);
    expect(isPlaintext('postgres://hub@localhost/hub?sslmode=disable')).toBe(false);
  });
});

describe.runIf('bin' in found)('a PostgreSQL server', () => {
  let server: PostgresServer;
  let folder: string;
  beforeAll(async () => {
    server = await startPostgres((found as { bin: string }).bin);
    folder = mkdtempSync(join(tmpdir(), 'fedrisk-tls-'));
    await encrypt();
  });
  afterAll(() => {
    server?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  const authorityIn = async (file: string) => {
    const authority = await createAuthority('ops', 'Hub Ltd', Date.now());
    writeFileSync(join(folder, file), authority.certificatePem);
    return authority;
  };
  /** Gives the server a certificate for 127.0.0.1. */
  const encrypt = async () => {
    const authority = await authorityIn('ca.pem');
    await authorityIn('other.pem');
    const key = await generateTlsKey();
    const { publicKey } = await keyPairOf(key);
    const names = { name: 'db', organisation: 'Hub Ltd', hosts: ['127.0.0.1'] };
    const { pem } = await issueServerCertificate(authority, names, publicKey, Date.now());
    const run = async (...statements: string[]) => {
      const database = new Database(server.url);
      for (const text of statements) await database.read((queries) => sql.raw(text).execute(queries));
      const { rows } = await database.read((queries) =>
        sql<{ place: string }>`select current_setting('data_directory') as place`.execute(queries),
      );
      await database.close();
      return rows[0]!.place;
    };
    const data = await run();
    writeFileSync(join(data, 'server.crt'), pem);
    writeFileSync(join(data, 'server.key'), privateKeyPem(key), { mode: 0o600 });
    const { uid, gid } = statSync(data);
    for (const file of ['server.crt', 'server.key']) chownSync(join(data, file), uid, gid);
    await run("alter system set ssl = 'on'", 'select pg_reload_conf()');
  };
  const encrypted = async (query: string) => {
    const database = new Database(`${server.url}${query}`);
    const used = sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
    try {
      return (await database.read((queries) => used.execute(queries))).rows[0]?.ssl;
    } finally {
      await database.close();
    }
  };

  it('is spoken to in TLS when its certificate is of the CA that the URL names', async () => {
    expect(await encrypted(`?sslmode=verify-full&sslrootcert=${folder}/ca.pem`)).toBe(true);
    expect(await encrypted('?sslmode=disable')).toBe(false);
  });

  it('is not spoken to with a certificate of another CA, and the code says why', async () => {
    const asked = encrypted(`?sslmode=verify-full&sslrootcert=${folder}/other.pem`);
    expect(await codedAsync(asked)).toBe('COORDINATOR_UNREACHABLE');
    await expect(asked).rejects.toThrow(/CERT|SIGNATURE/);
  });

  it('gets the options of the URL beside those of the store', async () => {
    const database = new Database(`${server.url}?options=-c%20search_path%3Dpg_catalog`);
    const { rows } = await database.read((queries) =>
      sql<{ path: string; commit: string }>`
        select current_setting('search_path') as path, current_setting('synchronous_commit') as commit`.execute(
        queries,
      ),
    );
    expect(rows).toEqual([{ path: 'pg_catalog', commit: 'on' }]);
    await database.close();
  });
});

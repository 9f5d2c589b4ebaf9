import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

const root = '/usr/lib/postgresql';

/** Folder of initdb and pg_ctl, or why there is no server to test with. */
export function findPostgres(): { readonly bin: string } | { readonly missing: string } {
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const bin = versions
    .map((version) => join(root, version, 'bin'))
    .find((each) => existsSync(join(each, 'initdb')));
  if (bin === undefined)
    return { missing: 'no PostgreSQL server is installed here (Debian: apt-get install postgresql)' };
  if (isRoot() && postgresUserId() === undefined)
    return { missing: 'root cannot run PostgreSQL and there is no user postgres' };
  return { bin };
}

export interface PostgresServer {
  readonly url: string;
  readonly stop: () => void;
}

/** A server of its own on a free port of loopback, in a temporary folder. */
export async function startPostgres(bin: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'fedrisk-pg-'));
  const uid = postgresUserId();
  if (isRoot() && uid !== undefined) chownSync(folder, uid, uid);
  const data = join(folder, 'data');
  const port = await freePort();
  const run = (program: string, ...args: string[]) => {
    const command = [join(bin, program), ...args];
    const [first = '', ...rest] = isRoot() ? ['runuser', '-u', 'postgres', '--', ...command] : command;
    execFileSync(first, rest, { stdio: 'ignore', cwd: folder });
  };
  run('initdb', '-D', data, '-U', 'owner', '-A', 'trust', '-E', 'UTF8', '--no-sync');
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off`;
  run('pg_ctl', '-D', data, '-w', '-l', join(folder, 'log'), '-o', options, 'start');
  return {
    url: `postgres://owner@127.0.0.1:${port}/postgres`,
    stop: () => {
      run('pg_ctl', '-D', data, '-m', 'immediate', 'stop');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function postgresUserId(): number | undefined {
  try {
    return Number(execFileSync('id', ['-u', 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return undefined;
  }
}

/** Makes an empty database of its own in a running server and gives its URL. */
export async function newDatabase(server: PostgresServer): Promise<string> {
  const name = `fedrisk_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
  return server.url.replace(/\/[^/]*$/, `/${name}`);
}

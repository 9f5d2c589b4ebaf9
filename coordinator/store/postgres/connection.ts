import pg from 'pg';
import { CodedError } from '../../../contract/index.js';

export const connectMs = 5_000;
/** Silence after which either end asks whether the other is still there. */
const keepAliveMs = 5_000;
const int8 = 20;

/** Values of `sslmode` that send nothing readable. */
const encrypting: readonly unknown[] = ['require', 'verify-ca', 'verify-full'];
const loopback = /^(\/.*|localhost|127(\.\d{1,3}){3}|::1)$/;

/** Milliseconds that a statement may take, and a transaction may stand open with none. */
export interface ServerLimits {
  readonly statementMs: number;
  readonly idleMs: number;
}

/**
 * @param url `postgres://…`; it may hold a password and never stands in an error.
 * @throws {CodedError} CONFIG_INVALID for what is no such URL, or leads to another machine and does not say whether to
 *   encrypt on the way.
 */
export function connectionOf(url: string, limits: ServerLimits): pg.ClientConfig {
  const parsed = parse(url);
  checkWay(url, parsed.searchParams.get('sslmode'));
  const given = parsed.searchParams.get('options') ?? '';
  parsed.searchParams.set('options', `${given} ${settings(limits)}`.trim());
  return {
    connectionString: parsed.href,
    application_name: 'fedrisk-coordinator',
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    types: {
      getTypeParser: (type: number, format?: 'text' | 'binary') =>
        // Times and indexes stay far below 2^53.
        type === int8 ? Number : pg.types.getTypeParser(type, format as 'text'),
    } as pg.CustomTypesConfig,
  };
}

/** Whether what is stored goes to another machine readable, because the URL says so. */
export function isPlaintext(url: string): boolean {
  return parse(url).searchParams.get('sslmode') === 'disable' && !loopback.test(clientOf(url).host);
}

/**
 * Settings of each session. What was answered must survive a crash of the database, however the server is set up. A
 * replica that was suspended or cut off holds its locks no longer than seconds; the server's own defaults are no limit
 * and two hours. PgBouncer refuses settings that it does not know, these among them, unless `ignore_startup_parameters`
 * names `options`; they then belong to the database's role.
 */
function settings({ statementMs, idleMs }: ServerLimits): string {
  return Object.entries({
    synchronous_commit: 'on',
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: idleMs,
    tcp_keepalives_idle: keepAliveMs / 1000,
    tcp_keepalives_interval: keepAliveMs / 1000,
    tcp_keepalives_count: 3,
    tcp_user_timeout: 3 * keepAliveMs,
  })
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

function parse(url: string): URL {
  if (URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)) return new URL(url);
  throw new CodedError('CONFIG_INVALID', 'store: must be sqlite or a postgres:// URL');
}

/** Without a `sslmode` the driver sends everything readable, sealed messages' envelopes and its password's exchange too. */
function checkWay(url: string, sslmode: string | null): void {
  const { host, encrypts } = clientOf(url);
  if (loopback.test(host) || (encrypts ? encrypting.includes(sslmode) : sslmode === 'disable')) return;
  throw new CodedError(
    'CONFIG_INVALID',
    `store: write whether to encrypt on the way to ${host}: add ?sslmode=verify-full to the URL (and &sslrootcert=FILE for a CA of your own), or sslmode=disable where nobody else can listen`,
  );
}

/** Host and encryption as the driver understands the URL and the environment. */
function clientOf(url: string): { readonly host: string; readonly encrypts: boolean } {
  try {
    const { host, ssl } = new pg.Client({ connectionString: url }) as pg.Client & { readonly ssl: unknown };
    return { host, encrypts: Boolean(ssl) };
  } catch (thrown) {
    throw new CodedError('CONFIG_INVALID', `store: ${(thrown as Error).message}`);
  }
}

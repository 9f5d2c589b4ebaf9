import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import type { JobId } from '../../../contract/index.js';
import type { Announcement, Lease, ReplicaListener, Replicas } from '../replicas.js';
import type { Database } from './database.js';
import type { Tables } from './schema.js';

export const channel = 'fedrisk';
const reconnectMs = 1_000;
/** Looks this often whether it still hears, and for what it did not hear of. */
const everyMs = 5_000;
/** Who was to read a letter this old is gone. */
const letterSeconds = 60;

type News =
  | readonly ['appended', JobId, number]
  | readonly ['announced', string]
  | readonly ['letters', string];

/** Tells every listener when the transaction commits, and nobody when it does not. */
export async function notify(queries: Kysely<Tables>, news: News): Promise<void> {
  await sql`select pg_notify(${channel}, ${newsText(news)})`.execute(queries);
}

export function newsText(news: News): string {
  return news.join(' ');
}

/** Talk between replicas through tables and LISTEN/NOTIFY. Times are the database's: clocks of replicas may differ. */
export class PostgresReplicas implements Replicas {
  readonly self: string = randomUUID();
  readonly #database: Database;
  readonly #lookMs: number;
  readonly #listeners = new Set<ReplicaListener>();
  #ear: Ear | undefined;

  constructor(database: Database, lookMs = everyMs) {
    this.#database = database;
    this.#lookMs = lookMs;
  }

  async claim(jobIds: readonly JobId[], ttlMs: number): Promise<Lease[]> {
    if (jobIds.length === 0) return [];
    // In one order everywhere, so that two replicas which claim together wait and do not deadlock.
    const ordered = [...jobIds].sort();
    const { rows } = await this.#database.read((queries) =>
      sql<{ job_id: JobId; token: number }>`
        insert into leases as held (job_id, replica, token, expires_at)
        select job_id, ${this.self}, 1, now() + ${ttlMs} * interval '1 millisecond'
        from jobs where job_id = any(${ordered}) order by job_id
        on conflict (job_id) do update set
          token = held.token + (case when held.replica = excluded.replica then 0 else 1 end),
          replica = excluded.replica,
          expires_at = excluded.expires_at
        where held.replica = excluded.replica or held.expires_at < now()
        returning job_id, token`.execute(queries),
    );
    return rows.map(({ job_id, token }) => ({ jobId: job_id, token }));
  }

  async release(): Promise<void> {
    await this.#database.change(async (queries) => {
      await sql`update leases set expires_at = '-infinity' where replica = ${this.self}`.execute(queries);
      await queries.deleteFrom('announcements').where('replica', '=', this.self).execute();
      await notify(queries, ['announced', this.self]);
    });
  }

  async announce(text: string, ttlMs: number): Promise<void> {
    await this.#database.change(async (queries) => {
      const before = await sql<{ text: string }>`
        select text from announcements where replica = ${this.self}`.execute(queries);
      await sql`
        insert into announcements (replica, text, expires_at)
        values (${this.self}, ${text}, now() + ${ttlMs} * interval '1 millisecond')
        on conflict (replica) do update set text = excluded.text, expires_at = excluded.expires_at`.execute(
        queries,
      );
      if (before.rows[0]?.text !== text) await notify(queries, ['announced', this.self]);
      await sql`delete from announcements where expires_at < now() - interval '1 hour'`.execute(queries);
      await sql`delete from letters where sent_at < now() - ${letterSeconds} * interval '1 second'`.execute(
        queries,
      );
    });
  }

  async others(): Promise<Announcement[]> {
    const { rows } = await this.#database.read((queries) =>
      sql<Announcement>`
        select replica, text from announcements where replica <> ${this.self} and expires_at > now()
        order by replica`.execute(queries),
    );
    return rows;
  }

  async send(to: string, letter: string): Promise<void> {
    await this.#database.change(async (queries) => {
      await sql`insert into letters (receiver, sent_at, body) values (${to}, now(), ${letter})`.execute(
        queries,
      );
      await notify(queries, ['letters', to]);
    });
  }

  async receive(): Promise<string[]> {
    const { rows } = await this.#database.read((queries) =>
      sql<{ seq: number; body: string }>`
        delete from letters where receiver = ${this.self} returning seq, body`.execute(queries),
    );
    return rows.sort((a, b) => a.seq - b.seq).map(({ body }) => body);
  }

  listen(listener: ReplicaListener): () => Promise<void> {
    this.#listeners.add(listener);
    this.#ear ??= new Ear(this.#database, this.#lookMs, {
      heard: (payload) => this.#heard(payload),
      connected: () => this.#tell((each) => each.reconnected?.()),
      looked: () => this.#tell((each) => each.letters?.()),
    });
    return async () => {
      this.#listeners.delete(listener);
    };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#ear?.close();
  }

  #heard(payload: string): void {
    const [kind, subject = '', index] = payload.split(' ');
    if (kind === 'appended') this.#tell((each) => each.appended?.(subject as JobId, Number(index)));
    if (kind === 'announced' && subject !== this.self) this.#tell((each) => each.announced?.());
    if (kind === 'letters' && subject === this.self) this.#tell((each) => each.letters?.());
  }

  #tell(what: (listener: ReplicaListener) => void): void {
    for (const listener of this.#listeners) what(listener);
  }
}

/**
 * One connection that listens, made again after each break. It asks something from time to time: a connection that is
 * cut somewhere on the way looks like one on which nothing is said.
 */
class Ear {
  #client: pg.Client | undefined;
  #retry: NodeJS.Timeout | undefined;
  #looking: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    private readonly database: Database,
    private readonly lookMs: number,
    private readonly to: { heard(payload: string): void; connected(): void; looked(): void },
  ) {
    void this.#connect();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#looking);
    await this.#client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const client = this.database.newClient();
    this.#client = client;
    let lost = false;
    const lose = () => {
      if (lost) return;
      lost = true;
      clearTimeout(this.#looking);
      void client.end().catch(() => undefined);
      if (!this.#closed) this.#retry = setTimeout(() => void this.#connect(), reconnectMs);
    };
    const look = () => {
      this.#looking = setTimeout(async () => {
        this.to.looked();
        try {
          await client.query(alive);
          if (!lost && !this.#closed) look();
        } catch {
          lose();
        }
      }, this.lookMs);
    };
    const alive = { text: 'select 1', query_timeout: this.lookMs };
    client.on('error', lose);
    client.on('end', lose);
    client.on('notification', ({ payload }) => this.to.heard(payload ?? ''));
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
      if (lost || this.#closed) return;
      this.to.connected();
      look();
    } catch {
      lose();
    }
  }
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Libsql from 'libsql';
import type { EventBody, EventKind, EventOf, Post } from '../../../contract/index.js';
import { bodyFromText } from '../../../coordinator/store/event-text.js';
import type { JobResult } from '../../../participant/training/index.js';

/** Milliseconds between two looks for a moment: short against any step of a job. */
const lookMs = 4;
/** The same where the moment does not matter. */
const restMs = 25;

/** Looks until something is so; only the test's own timeout bounds it. */
export async function until(condition: () => boolean, everyMs = restMs): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, everyMs));
}

/** Waits for a moment in the life of a job. @throws when the job fails before it. */
export async function moment(job: Sight, reached: () => boolean): Promise<void> {
  await until(() => reached() || job.failed, lookMs);
  if (!reached()) throw new Error(`the job failed before: ${JSON.stringify(job.bodies.at(-1))}`);
}

/** What the files of coordinator and participants say about one job, read from outside while they write them. */
export class Sight {
  readonly #hub: Libsql.Database;
  readonly #journals = new Map<string, Libsql.Database>();
  readonly #bodies: EventBody[] = [];

  constructor(
    readonly jobId: string,
    readonly hubHome: string,
    /** Home folders by name. */
    readonly homes: ReadonlyMap<string, string>,
  ) {
    this.#hub = opened(join(hubHome, 'coordinator.sqlite'));
    for (const [name, home] of homes) this.#journals.set(name, opened(join(home, 'journal.sqlite')));
  }

  /** The whole transcript as the coordinator stored it. */
  get bodies(): readonly EventBody[] {
    const rows = this.#hub
      .prepare('select body from events where job_id = ? and event_index >= ? order by event_index')
      .all(this.jobId, this.#bodies.length) as { body: string }[];
    this.#bodies.push(...rows.map(({ body }) => bodyFromText(body)));
    return this.#bodies;
  }

  get state(): string {
    const row = this.#hub.prepare('select state from jobs where job_id = ?').get(this.jobId);
    return (row as { state: string } | undefined)?.state ?? 'unknown';
  }

  get failed(): boolean {
    return ['failed', 'cancelled'].includes(this.state);
  }

  get ended(): boolean {
    return this.failed || this.state === 'finished';
  }

  of<K extends EventKind>(kind: K): EventOf<K>[] {
    return this.bodies.filter((body): body is EventOf<K> => body.kind === kind);
  }

  get posts(): Post[] {
    return this.of('posted').map(({ post }) => post);
  }

  /** Posts of a kind, of one sum when it is given. */
  posted(kind: Post['body']['kind'], sum?: number): Post[] {
    return this.posts.filter(
      ({ body }) => body.kind === kind && (sum === undefined || (body as { sum?: number }).sum === sum),
    );
  }

  /** Whether a participant has stored what it says in a place, sent or not. */
  said(name: string, place: string): boolean {
    return this.#has(name, 'select 1 from said where job_id = ? and place = ?', place);
  }

  /** Places in which a participant has stored what it says, sent or not. */
  places(name: string): string[] {
    const rows = this.#journals.get(name)!.prepare('select place from said where job_id = ?').all(this.jobId);
    return (rows as { place: string }[]).map(({ place }) => place);
  }

  /** Whether a participant's contribution lies protected on its disk. */
  outgoing(name: string, sum: number): boolean {
    return this.#has(name, 'select 1 from outgoing where job_id = ? and sum = ?', sum);
  }

  /** Whether a participant knows that a sum started. */
  received(name: string, kind: EventKind, count = 1): boolean {
    const row = this.#journals
      .get(name)!
      .prepare(`select count(*) as n from event where job_id = ? and json_extract(json, '$.body') = ?`)
      .get(this.jobId, kind) as { n: number };
    return row.n >= count;
  }

  kept(name: string): { readonly state: string; readonly code: string; readonly concluded: boolean } {
    const row = this.#journals
      .get(name)!
      .prepare('select state, code, concluded from job where job_id = ?')
      .get(this.jobId) as { state: string; code: string; concluded: number } | undefined;
    return { state: row?.state ?? '', code: row?.code ?? '', concluded: row?.concluded === 1 };
  }

  /** Names of the files a participant has for the job. */
  files(name: string): string[] {
    const folder = this.#folder(name);
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  result(name: string): JobResult {
    return JSON.parse(readFileSync(join(this.#folder(name), 'result.json'), 'utf8'));
  }

  close(): void {
    for (const db of [this.#hub, ...this.#journals.values()]) db.close();
  }

  #folder(name: string): string {
    return join(this.homes.get(name)!, 'jobs', this.jobId);
  }

  #has(name: string, sql: string, key: string | number): boolean {
    return this.#journals.get(name)!.prepare(sql).get(this.jobId, key) !== undefined;
  }
}

function opened(path: string): Libsql.Database {
  const db = new Libsql(path);
  db.exec('pragma busy_timeout = 10000');
  return db;
}

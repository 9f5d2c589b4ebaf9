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

/** Where a coordinator's transcripts are read from outside. */
export interface TranscriptSource {
  /** Stored bodies of a job, from an index on. */
  bodies(jobId: string, from: number): readonly EventBody[];
  state(jobId: string): string;
  close(): void;
}

/** The transcripts in the file of a coordinator that has its store to itself. */
export function sqliteTranscript(hubHome: string): TranscriptSource {
  const hub = lazily(join(hubHome, 'coordinator.sqlite'));
  return {
    bodies: (jobId, from) => {
      const sql = 'select body from events where job_id = ? and event_index >= ? order by event_index';
      const rows = hub.asked(sql).all(jobId, from) as { body: string }[];
      return rows.map(({ body }) => bodyFromText(body));
    },
    state: (jobId) => {
      const row = hub.asked('select state from jobs where job_id = ?').get(jobId);
      return (row as { state: string } | undefined)?.state ?? 'unknown';
    },
    close: hub.close,
  };
}

/** What the files of coordinator and participants say about one job, read from outside while they write them. */
export class Sight {
  readonly #journals = new Map<string, ReturnType<typeof lazily>>();
  readonly #bodies: EventBody[] = [];

  constructor(
    readonly jobId: string,
    readonly transcripts: TranscriptSource,
    /** Home folders by name. */
    readonly homes: ReadonlyMap<string, string>,
  ) {
    for (const [name, home] of homes) this.#journals.set(name, lazily(join(home, 'journal.sqlite')));
  }

  /** The whole transcript as the coordinator stored it; what was seen once is not read again. */
  get bodies(): readonly EventBody[] {
    this.#bodies.push(...this.transcripts.bodies(this.jobId, this.#bodies.length));
    return this.#bodies;
  }

  get state(): string {
    return this.transcripts.state(this.jobId);
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
    const rows = this.rows<{ place: string }>(name, 'select place from said where job_id = ?', this.jobId);
    return rows.map(({ place }) => place);
  }

  /** What a participant's journal answers. */
  rows<Row>(name: string, sql: string, ...values: readonly (string | number)[]): Row[] {
    const journal = this.#journals.get(name)!;
    return journal.asked(sql).all(...values) as Row[];
  }

  /** Whether a participant's contribution lies protected on its disk. */
  outgoing(name: string, sum: number): boolean {
    return this.#has(name, 'select 1 from outgoing where job_id = ? and sum = ?', sum);
  }

  /** Whether a participant knows that a sum started. */
  received(name: string, kind: EventKind, count = 1): boolean {
    const sql = `select count(*) as n from event where job_id = ? and json_extract(json, '$.body') = ?`;
    const [row] = this.rows<{ n: number }>(name, sql, this.jobId, kind);
    return row!.n >= count;
  }

  kept(name: string): { readonly state: string; readonly code: string; readonly concluded: boolean } {
    const sql = 'select state, code, concluded from job where job_id = ?';
    const [row] = this.rows<{ state: string; code: string; concluded: number }>(name, sql, this.jobId);
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

  /** The model, or its part, that a participant keeps, as it stands in the file. */
  model(name: string): string {
    return readFileSync(join(this.#folder(name), 'model.json'), 'utf8');
  }

  /** Lets go of every file; a later look opens it again. */
  close(): void {
    this.transcripts.close();
    for (const journal of this.#journals.values()) journal.close();
  }

  #folder(name: string): string {
    return join(this.homes.get(name)!, 'jobs', this.jobId);
  }

  #has(name: string, sql: string, key: string | number): boolean {
    return this.rows(name, sql, this.jobId, key).length > 0;
  }
}

/** A database that is opened at the first look, and again at the first one after it was closed. */
function lazily(path: string) {
  let db: Libsql.Database | undefined;
  // Looked at hundreds of times a second: a statement is prepared once.
  const statements = new Map<string, Libsql.Statement>();
  const opened = () => {
    const database = new Libsql(path);
    database.exec('pragma busy_timeout = 10000');
    return database;
  };
  return {
    asked: (sql: string): Libsql.Statement => {
      db ??= opened();
      const statement = statements.get(sql) ?? db.prepare(sql);
      statements.set(sql, statement);
      return statement;
    },
    close: () => {
      db?.close();
      db = undefined;
      statements.clear();
    },
  };
}

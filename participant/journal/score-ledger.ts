import type Database from 'libsql';
import type { ParticipantName } from '../../contract/index.js';
import { transaction } from './transaction.js';

const schema = `
-- Score questions that were admitted, by who asked; a request id counts once.
create table if not exists score_request (
  peer text not null, request_id text not null, at_ms integer not null, primary key (peer, request_id)
) strict;
create index if not exists score_request_age on score_request (at_ms);
create table if not exists score_day (
  peer text not null, day integer not null, questions integer not null, primary key (peer, day)
) strict;
`;

const dayMs = 86_400_000;
/** Admissions between two removals of old ids. */
const admissionsPerSweep = 1000;

export interface ScoreAdmission {
  readonly peer: ParticipantName;
  readonly requestId: string;
  readonly atMs: number;
  /** Questions of this peer on one day, UTC. */
  readonly perDay: number;
}

/**
 * What a feature holder remembers of score questions: their number a day and peer, and request ids as long as a question
 * may be old. Survives SIGKILL; a power cut may take the last second, in which a question could be answered twice, with
 * the same sealed part. Syncing each one would cost more than the answer: 4 ms against 0.03 ms, measured.
 */
export class ScoreLedger {
  readonly #db: Database.Database;
  readonly #keepMs: number;
  #admitted = 0;

  /** @param db the journal's own connection. @param keepMs for how long ids are remembered. */
  constructor(db: Database.Database, keepMs = 3_600_000) {
    db.exec(schema);
    this.#db = db;
    this.#keepMs = keepMs;
  }

  /** Counts a question, unless its id was seen or the day is used up. */
  admit({ peer, requestId, atMs, perDay }: ScoreAdmission): 'admitted' | 'repeated' | 'exhausted' {
    const day = Math.floor(atMs / dayMs);
    this.#db.exec('pragma synchronous = normal');
    try {
      return transaction(this.#db, () => {
        if (this.#admitted++ % admissionsPerSweep === 0) this.#sweep(atMs, day);
        const known = this.#db
          .prepare('select 1 from score_request where peer = ? and request_id = ?')
          .get(peer, requestId);
        if (known !== undefined) return 'repeated';
        if (this.asked(peer, atMs) >= perDay) return 'exhausted';
        this.#db
          .prepare('insert into score_request (peer, request_id, at_ms) values (?, ?, ?)')
          .run(peer, requestId, atMs);
        this.#db
          .prepare(
            `insert into score_day (peer, day, questions) values (?, ?, 1)
             on conflict (peer, day) do update set questions = questions + 1`,
          )
          .run(peer, day);
        return 'admitted';
      });
    } finally {
      this.#db.exec('pragma synchronous = full');
    }
  }

  /** Questions of a peer admitted on the day of `atMs`. */
  asked(peer: ParticipantName, atMs: number): number {
    const row = this.#db
      .prepare('select questions from score_day where peer = ? and day = ?')
      .get(peer, Math.floor(atMs / dayMs)) as { questions: number } | undefined;
    return row?.questions ?? 0;
  }

  #sweep(atMs: number, day: number): void {
    this.#db.prepare('delete from score_request where at_ms < ?').run(atMs - this.#keepMs);
    this.#db.prepare('delete from score_day where day < ?').run(day - 31);
  }
}

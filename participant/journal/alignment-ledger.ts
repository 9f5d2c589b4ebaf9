import type Database from 'libsql';
import type { JobId } from '../../contract/index.js';

const schema = `
-- Alignments in which own blinded ids left, or were about to. Whoever may align often can ask for ids of its choice.
create table if not exists alignment_session (
  dataset text not null, peer text not null, job_id text not null, at_ms integer not null,
  primary key (dataset, peer, job_id)
) strict;
`;

const windowMs = 30 * 86_400_000;

/** Counts how often a dataset was aligned with whom; policies bound it by alignment.sessionsPerMonth. */
export class AlignmentLedger {
  readonly #db: Database.Database;

  /** @param db the journal's own connection: a session begins in the transaction that notes its first parcels. */
  constructor(db: Database.Database) {
    db.exec(schema);
    this.#db = db;
  }

  /** Before the first blinded ids leave. A job counts once with each peer, however often it starts again. */
  begin(jobId: JobId, dataset: string, peers: readonly string[], atMs: number): void {
    const insert = this.#db.prepare(
      'insert or ignore into alignment_session (dataset, peer, job_id, at_ms) values (?, ?, ?, ?)',
    );
    for (const peer of peers) insert.run(dataset, peer, jobId, atMs);
  }

  /** Sessions of a dataset in the 30 days before `nowMs`, by peer. What lies in the future, after a clock was set, counts. */
  used(dataset: string, nowMs: number): Map<string, number> {
    const rows = this.#db
      .prepare(
        'select peer, count(*) as sessions from alignment_session where dataset = ? and at_ms > ? group by peer',
      )
      .all(dataset, nowMs - windowMs) as { peer: string; sessions: number }[];
    return new Map(rows.map(({ peer, sessions }) => [peer, sessions]));
  }
}

import type Database from 'libsql';
import type { HexDigest, JobId, Secret, SumPurpose } from '../../contract/index.js';
import { decryptAtRest, encryptAtRest } from '../../crypto/identity/index.js';
import { packShown, type ShownRows, unpackShown } from '../training/measured-model.js';

/** A sum with us in it that was opened, or was about to be. */
export interface OpenedSum extends ShownRows {
  readonly jobId: JobId;
  readonly sum: number;
  /** Empty in entries of schema 1, which kept the first sum of each job. */
  readonly purpose: SumPurpose | '';
  readonly members: readonly string[];
  /** `colluders` of the job. */
  readonly colluders: number;
}

/**
 * What sums with own rows in them were opened, for ever: it outlives the jobs, since what was told cannot be taken back.
 */
export class StatisticLedger {
  readonly #db: Database.Database;
  readonly #key: Secret;

  /** @param db the journal's own connection, with the table of its schema. @param key 32 bytes. */
  constructor(db: Database.Database, key: Secret) {
    this.#db = db;
    this.#key = key;
  }

  /** The first entry of a sum stands. */
  keep(opened: OpenedSum): void {
    const { population, jobId, sum, purpose, members, colluders } = opened;
    // What a model says of own rows; the population alone names nobody.
    const box = encryptAtRest(this.#key, placeOf(jobId, sum), packShown(opened));
    this.#db
      .prepare(
        `insert or ignore into statistic (population, job_id, sum, purpose, members, colluders, shown)
         values (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(population, jobId, sum, purpose, [...members].sort().join(' '), colluders, box);
  }

  /** Entries of a population, oldest first. */
  of(population: HexDigest): OpenedSum[] {
    const rows = this.#db
      .prepare('select * from statistic where population = ? order by rowid')
      .all(population) as Record<string, unknown>[];
    return rows.map((row) => {
      const [jobId, sum] = [row.job_id as JobId, row.sum as number];
      const box = row.shown as ArrayBuffer | Uint8Array | null;
      const shown =
        box === null
          ? { population }
          : unpackShown(decryptAtRest(this.#key, placeOf(jobId, sum), new Uint8Array(box)));
      return {
        ...shown,
        jobId,
        sum,
        purpose: row.purpose as OpenedSum['purpose'],
        members: (row.members as string).split(' '),
        colluders: row.colluders as number,
      };
    });
  }
}

function placeOf(jobId: JobId, sum: number): string {
  return `statistic\n${jobId}\n${sum}`;
}

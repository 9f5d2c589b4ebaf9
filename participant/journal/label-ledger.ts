import type Database from 'libsql';
import { CodedError, type JobId, type Secret } from '../../contract/index.js';
import { decryptAtRest, encryptAtRest } from '../../crypto/identity/index.js';
import type { LabelBudget, LabelRelease } from '../vertical/step-work.js';
import { transaction } from './transaction.js';

const schema = `
-- Functionals of labels that feature holders learnt. For ever: what was told cannot be taken back. A label set is named
-- by its dataset, so that an added row does not open a new budget.
create table if not exists label_release (
  dataset text not null,
  holder text not null,
  kind text not null,
  -- Salted digest of what was asked: it names features and rows to nobody.
  question text not null,
  functionals integer not null,
  -- Encrypted as secrets are: the WOE of bins can be worked back to counts.
  answer blob not null,
  job_id text not null,
  at_ms integer not null,
  -- Of the label set when this was released.
  budget integer not null,
  -- Who lifted the budget and why, where it was exceeded; empty otherwise.
  waiver text not null,
  primary key (dataset, holder, kind, question)
) strict;
`;

/** One line of the ledger. */
export interface LabelEntry {
  readonly dataset: string;
  readonly jobId: JobId;
  readonly holder: string;
  readonly kind: LabelRelease['kind'];
  readonly question: string;
  readonly functionals: number;
  readonly budget: number;
  readonly waiver: string;
  readonly atMs: number;
}

export interface LabelAllowance {
  /** labelBudget of the rows that the functionals are about. */
  readonly budget: number;
  /** Lifts the budget; recorded beside what exceeds it. */
  readonly waiver?: string | undefined;
}

/**
 * Functionals of a label set that may be told in its life, whoever asks and in whatever job: exact counts and gradients
 * in larger numbers are a system of equations that has the labels as its only solution (PROTOCOLS §6).
 */
export function labelBudget({ rows, bad }: { readonly rows: number; readonly bad: number }): number {
  return Math.min(Math.floor(rows / 50), bad, rows - bad);
}

/** The label holder's lifetime account of what its labels told others. */
export class LabelLedger {
  readonly #db: Database.Database;
  readonly #key: Secret;

  /** @param db the journal's own connection: charges belong to its transactions. @param key 32 bytes. */
  constructor(db: Database.Database, key: Secret) {
    db.exec(schema);
    this.#db = db;
    this.#key = key;
  }

  /** What was released of a label set so far, answers included, so that a repeated question gets the same one. */
  standing(dataset: string): Omit<LabelBudget, 'waived'> {
    const rows = this.#db
      .prepare('select holder, kind, question, answer from label_release where dataset = ? order by rowid')
      .all(dataset) as { holder: string; kind: string; question: string; answer: ArrayBuffer | Uint8Array }[];
    const answered = rows.map(({ holder, kind, question, answer }) => {
      const place = placeOf(dataset, { holder, kind, question });
      const bytes = decryptAtRest(this.#key, place, new Uint8Array(answer));
      return { holder, kind, question, answer: Buffer.from(bytes).toString('utf8') };
    });
    return { spent: this.#spent(dataset), answered };
  }

  /**
   * Writes down what a job releases, before it leaves. A question that stands in the ledger costs nothing and keeps its
   * first answer. All of the releases or none; inside a transaction of the journal they are part of it.
   * @throws {CodedError} LABEL_BUDGET_EXCEEDED with numbers, when new functionals do not fit and nobody waived it.
   */
  charge(
    dataset: string,
    jobId: JobId,
    releases: readonly LabelRelease[],
    { budget, waiver }: LabelAllowance,
    atMs: number,
  ): void {
    const write = () => {
      const fresh = this.#fresh(dataset, releases);
      const asked = fresh.reduce((sum, { functionals }) => sum + functionals, 0);
      const spent = this.#spent(dataset);
      const exceeded = asked > 0 && spent + asked > budget;
      if (exceeded && waiver === undefined) {
        throw new CodedError(
          'LABEL_BUDGET_EXCEEDED',
          `labels of ${dataset}: ${spent} functionals were released, the job asks for ${asked} more, the budget is ${budget}`,
        );
      }
      const insert = this.#db.prepare(
        `insert into label_release
           (dataset, holder, kind, question, functionals, answer, job_id, at_ms, budget, waiver)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      );
      for (const release of fresh) {
        const { holder, kind, question, functionals, answer } = release;
        const box = encryptAtRest(this.#key, placeOf(dataset, release), Buffer.from(answer, 'utf8'));
        const why = exceeded ? (waiver ?? '') : '';
        insert.run(dataset, holder, kind, question, functionals, box, jobId, atMs, budget, why);
      }
    };
    if (this.#db.inTransaction) write();
    else transaction(this.#db, write, 'immediate');
  }

  /** Everything released, oldest first; of one label set or of all. */
  entries(dataset?: string): LabelEntry[] {
    const columns =
      'dataset, holder, kind, question, functionals, job_id as jobId, at_ms as atMs, budget, waiver';
    const sql = `select ${columns} from label_release`;
    return (
      dataset === undefined
        ? this.#db.prepare(`${sql} order by rowid`).all()
        : this.#db.prepare(`${sql} where dataset = ? order by rowid`).all(dataset)
    ) as LabelEntry[];
  }

  /** Releases that are not in the ledger; of two with one name the first. */
  #fresh(dataset: string, releases: readonly LabelRelease[]): LabelRelease[] {
    const known = this.#db.prepare(
      'select 1 from label_release where dataset = ? and holder = ? and kind = ? and question = ?',
    );
    const seen = new Set<string>();
    return releases.filter((release) => {
      const { holder, kind, question, functionals } = release;
      if (!Number.isSafeInteger(functionals) || functionals < 0) {
        throw new CodedError('INTERNAL', `a release of ${functionals} label functionals`);
      }
      const place = placeOf(dataset, release);
      if (seen.has(place)) return false;
      seen.add(place);
      return known.get(dataset, holder, kind, question) === undefined;
    });
  }

  #spent(dataset: string): number {
    const row = this.#db
      .prepare('select coalesce(sum(functionals), 0) as spent from label_release where dataset = ?')
      .get(dataset) as { spent: number };
    return row.spent;
  }
}

/** Of an entry, unambiguous: none of the parts but the last may hold a line break, and that one stands at the end. */
function placeOf(
  dataset: string,
  { holder, kind, question }: { readonly holder: string; readonly kind: string; readonly question: string },
): string {
  return `label-release\n${dataset}\n${holder}\n${kind}\n${question}`;
}

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, type StepName, type VerticalSpec } from '../../contract/index.js';
import {
  forgetJob,
  type InboundParcel,
  performStep,
  type StepWork,
} from '../../participant/vertical/index.js';
import { onCopy, runVertical, scratchFolder, type VerticalParty, type VerticalRun } from './vertical-cast.js';

/** What an attempt came to. */
export interface Attempt {
  /** `accepted`, or the code of the error. */
  readonly end: string;
  readonly parties: readonly string[];
}

/** A recorded run: every party just before each of its steps, so that one step alone can be taken again with other bytes. */
export class Snapshots {
  readonly run: VerticalRun;
  readonly #works: readonly StepWork[];
  readonly #root: string;
  #attempts = 0;

  private constructor(run: VerticalRun, works: readonly StepWork[], root: string) {
    this.run = run;
    this.#works = works;
    this.#root = root;
  }

  static async record(spec: VerticalSpec, parties: readonly VerticalParty[]): Promise<Snapshots> {
    const root = scratchFolder('snapshots');
    const works: StepWork[] = [];
    const run = await runVertical(spec, parties, {
      before: (work) => {
        const copy = onCopy(work, join(root, `${work.step.number}-${work.me}`));
        // What the journal held by then: secrets and answers of later steps were not there.
        const labels = work.labels && { ...work.labels, answered: [...work.labels.answered] };
        works.push({ ...copy, secrets: new Map(work.secrets), ...(labels && { labels }) });
      },
    });
    return new Snapshots(run, works, root);
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  at(me: string, name: StepName, round?: number): StepWork {
    const found = this.#works.find(
      (work) =>
        work.me === me && work.step.name === name && (round === undefined || work.step.round === round),
    );
    if (found === undefined) throw new Error(`${me} has no step ${name}`);
    return found;
  }

  /** The plaintext of a parcel as `me` finds it before a step. */
  parcel(me: string, name: StepName, parcel: StepName, from: string): Buffer {
    return readFileSync(parcelAt(this.at(me, name), parcel, from).path);
  }

  /** The step taken on a copy, with other bytes for some parcels; everything else is as it was. */
  async attempt(
    me: string,
    name: StepName,
    parcels: readonly { readonly parcel: StepName; readonly from: string; readonly bytes: Uint8Array }[],
    change: (work: StepWork) => StepWork = (work) => work,
  ): Promise<Attempt> {
    const scratch = join(this.#root, `attempt-${this.#attempts++}`);
    const work = change(onCopy(this.at(me, name), scratch));
    for (const { parcel, from, bytes } of parcels) writeFileSync(parcelAt(work, parcel, from).path, bytes);
    try {
      await performStep(work);
      // What came of these bytes must not serve the next attempt.
      forgetJob(work.jobId);
      return { end: 'accepted', parties: [] };
    } catch (thrown) {
      if (!(thrown instanceof CodedError)) throw thrown;
      return { end: thrown.code, parties: thrown.parties };
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
}

function parcelAt({ inbox }: StepWork, name: StepName, from: string): InboundParcel {
  const found = inbox.findLast((parcel) => parcel.name === name && parcel.from === from);
  if (found === undefined) throw new Error(`no ${name} parcel of ${from}`);
  return found;
}

/** Header and body of a parcel (participant/vertical/parcel.ts), and back. */
export function parted(parcel: Uint8Array): { readonly header: unknown; readonly body: Buffer } {
  const bytes = Buffer.from(parcel);
  const end = 4 + bytes.readUInt32LE();
  return { header: JSON.parse(bytes.subarray(4, end).toString('utf8')), body: bytes.subarray(end) };
}

export function joinedParcel(header: unknown, body: Uint8Array = new Uint8Array()): Buffer {
  return rawParcel(JSON.stringify(header), body);
}

export function rawParcel(json: string, body: Uint8Array): Buffer {
  const text = Buffer.from(json);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, body]);
}

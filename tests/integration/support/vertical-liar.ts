import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type HexDigest, Secret, type StepName, stepsOf } from '../../../contract/index.js';
import { openParcel, sealParcel } from '../../../crypto/sealing/index.js';
import type { Journal } from '../../../participant/journal/index.js';
import { WorkPool } from '../../../participant/training/index.js';
import type { TakeStepTask } from '../../../participant/training/step-task.js';

/** What one participant does in a step of a name, beside or instead of its duty. */
export interface Misbehaviour {
  readonly step: StepName;
  /** Runs before the step is worked, once. */
  readonly before?: (liar: Liar) => Promise<void> | void;
  /** Changes the sealed bytes of each parcel; the liar announces and signs what comes out. */
  readonly sealed?: (bytes: Buffer) => Buffer;
  /** Changes what is inside each parcel, which is sealed again as its sender would. */
  readonly inside?: (bytes: Buffer) => Buffer;
}

/** A participant's worker that does its work honestly, and something else with the result. */
export class Liar {
  misbehaviour: Misbehaviour | undefined;
  readonly #journalOf: (name: string) => Journal;
  #work = new WorkPool({});

  constructor(journalOf: (name: string) => Journal) {
    this.#journalOf = journalOf;
  }

  /** In the place of the real one. */
  get pool(): WorkPool {
    return this as unknown as WorkPool;
  }

  /** A new thread, which remembers nothing. */
  async renew(): Promise<void> {
    await this.#work.close();
    this.#work = new WorkPool({});
  }

  async run(task: { readonly kind: string }, ...rest: [AbortSignal]): Promise<unknown> {
    const lie = task.kind === 'takeStep' ? this.#lieIn(task as TakeStepTask) : undefined;
    await lie?.before?.(this);
    const result = await this.#work.run(task as never, ...rest);
    if (lie?.sealed === undefined && lie?.inside === undefined) return result;
    return { ...(result as object), parcels: await this.#parcels(task as TakeStepTask, lie) };
  }

  close(): Promise<void> {
    return this.#work.close();
  }

  #lieIn(task: TakeStepTask): Misbehaviour | undefined {
    const lie = this.misbehaviour;
    if (lie === undefined || stepsOf(task.spec)[task.step]!.name !== lie.step) return undefined;
    this.misbehaviour = undefined;
    return lie;
  }

  async #parcels(task: TakeStepTask, { sealed = (bytes) => bytes, inside }: Misbehaviour) {
    const parcels = [];
    for (const { to, sealedPath, sealKey } of task.outbox) {
      if (inside) await this.#reseal(task, { to, sealedPath, sealKey }, inside);
      const bytes = sealed(readFileSync(sealedPath));
      writeFileSync(sealedPath, bytes);
      const digest = createHash('sha256').update(bytes).digest('hex') as HexDigest;
      parcels.push({ to, digest, bytes: bytes.length });
    }
    return parcels;
  }

  async #reseal(
    { jobId, rosterDigest, step, participant }: TakeStepTask,
    { to, sealedPath, sealKey }: Pick<TakeStepTask['outbox'][number], 'to' | 'sealedPath' | 'sealKey'>,
    change: (bytes: Buffer) => Buffer,
  ): Promise<void> {
    const place = { rosterDigest, session: `${jobId}/step/${step}`, sender: participant, receiver: to };
    const privateKey = new Secret(this.#journalOf(to).secret(jobId, 'seal-key')!.reveal());
    const plain = `${sealedPath}.plain`;
    await openParcel({ privateKey, place, from: sealedPath, to: plain });
    await sealParcel({ receiverKey: sealKey, place, plain: [change(readFileSync(plain))], to: sealedPath });
    rmSync(plain);
  }
}

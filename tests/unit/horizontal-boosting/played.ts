import type { HorizontalSpec, NextStep, SumPurpose } from '../../../contract/index.js';
import { firstStep, loadBackend, type Table } from '../../../learning/index.js';
import { absorb, partOf } from '../../../participant/training/learner.js';
import { encodeState, type LearnerState } from '../../../participant/training/learner-state.js';
import type { LocalData, Part, SumTask } from '../../../participant/training/sum-task.js';
import { banks, loans } from './stage.js';

export const tables = new Map(banks.map((name, at) => [name, loans(300 + 50 * at, at)]));
export const keyOf = (name: string) => new Uint8Array(32).fill(1 + banks.indexOf(name));
const start = (spec: HorizontalSpec): LearnerState => ({ hashKey: spec.nonce, history: [], trainLoss: [] });

export interface Opened {
  readonly task: Omit<SumTask, 'participant'>;
  readonly before: LearnerState;
  readonly parts: ReadonlyMap<string, Part>;
  readonly total: Float64Array;
  readonly next: NextStep;
}

type Skip = (task: Omit<SumTask, 'participant'>, before: LearnerState) => boolean;

/** A job without protection. `restarted`: nobody remembers anything between two sums but the state on disk. */
export async function played(
  spec: HorizontalSpec,
  {
    restarted = false,
    skip = () => false,
    tables: given = tables,
  }: { restarted?: boolean; skip?: Skip; tables?: ReadonlyMap<string, Table> } = {},
): Promise<{ readonly sums: readonly Opened[]; readonly last: LearnerState }> {
  const backend = await loadBackend();
  const remembered = new Map<string, LocalData>(banks.map((name) => [name, { table: given.get(name)! }]));
  const dataOf = (name: string) => (restarted ? { table: given.get(name)! } : remembered.get(name)!);
  let state = start(spec);
  let step: NextStep | { purpose: SumPurpose; round: number } = firstStep(spec);
  const sums: Opened[] = [];
  while (step.purpose !== 'done') {
    const task: Omit<SumTask, 'participant'> = { spec, purpose: step.purpose, round: step.round };
    if (skip(task, state)) {
      const { rounds } = spec.training;
      step =
        task.round < rounds
          ? { purpose: 'update', round: task.round + 1 }
          : { purpose: 'evaluation', round: 0 };
      continue;
    }
    const before = state;
    const parts = new Map(
      banks.map((participant) => {
        const own = { ...task, participant, drawKey: keyOf(participant) };
        return [participant, partOf(own, before, dataOf(participant), backend)];
      }),
    );
    const total = new Float64Array(parts.get('bank-a')!.values.length);
    for (const { values } of parts.values()) for (const [at, value] of values.entries()) total[at]! += value;
    const absorbed = absorb({ ...task, participant: 'bank-a' }, before, total);
    // What is between two sums of trees stands on disk as plain JSON.
    state =
      spec.model.kind === 'trees'
        ? (JSON.parse(Buffer.from(encodeState(absorbed.state)).toString()) as LearnerState)
        : absorbed.state;
    step = absorbed.next;
    sums.push({ task, before, parts, total, next: absorbed.next });
  }
  return { sums, last: state };
}

import type { Operation, Plan } from './operations.js';
import { run } from './run.js';

/**
 * A shorter plan that still breaks a law: operations are left out one after the other, and a permanent fault or a long
 * one is replaced by a short one, for as long as something fails. A failing plan of six operations takes some fifty runs.
 */
export async function shrunk(
  plan: Plan,
  fails: (candidate: Plan) => Promise<boolean> = breaksLaw,
): Promise<Plan> {
  let smallest = plan;
  for (let again = true; again; ) {
    again = false;
    for (const candidate of candidatesOf(smallest)) {
      if (!(await fails(candidate))) continue;
      smallest = candidate;
      again = true;
      break;
    }
  }
  return smallest;
}

async function breaksLaw(plan: Plan): Promise<boolean> {
  return (await run(plan)).failures.length > 0;
}

function candidatesOf({ operations, ...job }: Plan): Plan[] {
  const { setup } = job;
  const without = operations.map((_, at) => ({ ...job, operations: operations.toSpliced(at, 1) }));
  const easier = operations.flatMap((operation, at) => {
    return shorter(operation).map((one) => ({ ...job, operations: operations.with(at, one) }));
  });
  const { replicas, ...alone } = setup;
  const fewer = replicas ? [{ ...job, setup: alone, operations }] : [];
  const plainer = setup.rounds > 1 ? [{ ...job, setup: { ...setup, rounds: 1 }, operations }] : [];
  const warmer = setup.warm ? [] : [{ ...job, setup: { ...setup, warm: true }, operations }];
  return [...without, ...fewer, ...plainer, ...warmer, ...easier];
}

const spans = ['downMs', 'forMs', 'ms', 'workMs', 'afterMs'] as const;

function shorter(operation: Operation): Operation[] {
  return spans.flatMap((span) => {
    const ms = (operation as Partial<Record<typeof span, number>>)[span];
    return typeof ms === 'number' && ms > 1000
      ? [{ ...operation, [span]: Math.round(ms / 10) } as Operation]
      : [];
  });
}

import { type FaultCase, faultCases, nameOfFault } from '../tests/integration/support/fault-cases.js';
import { type Outcome, runCase, undisturbed } from '../tests/integration/support/fault-run.js';
import { type FaultStage, NotHere } from '../tests/integration/support/fault-stage.js';
import { ReplicaStage } from '../tests/integration/support/fault-stage-replicas.js';
import { StepStage } from '../tests/integration/support/fault-stage-steps.js';
import { SumStage } from '../tests/integration/support/fault-stage-sums.js';

const openers: Readonly<Record<FaultCase['stage'], () => Promise<FaultStage>>> = {
  horizontal: () => SumStage.open(),
  vertical: () => StepStage.open(),
  replicas: () => ReplicaStage.open(),
};
/** Stages that run beside each other, one job on each: processes wait for each other half of the time. */
const lanes = 2;

interface Lane {
  readonly stage: FaultCase['stage'];
  readonly cases: readonly FaultCase[];
}

/**
 * Whole jobs between operating-system processes, each with one fault at one point, and what it left: the model of
 * every participant against the undisturbed run, events that somebody saw and that are gone, second ciphertexts of a sender in one
 * place, budgets. Recovery is the time from the end of the fault until the victim said something again, of a
 * coordinator until anybody did; delay is what the whole job took longer than the undisturbed one. What a machine
 * does not have (root for small disks, libfaketime, PostgreSQL) is skipped, and said so. Repeated and overtaking single messages
 * are not here but in tests/simulation: under TLS nobody on the line can make them; answers that get lost make
 * participants send again.
 * Arguments: --quick for a few cases; else words, of which each must occur in `stage fault point who`.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const chosen = faultCases.filter((each) => isChosen(each, args));
  const startedMs = performance.now();
  const left = lanesOf(chosen);
  const outcomes: Outcome[] = [];
  const usual: Record<string, number[]> = {};
  console.log(headline);
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let lane = left.shift(); lane !== undefined; lane = left.shift()) {
        await runLane(
          lane,
          (outcome) => {
            outcomes.push(outcome);
            console.log(rowOf(outcome));
          },
          usual,
        );
      }
    }),
  );
  const count = (result: Outcome['result']) => outcomes.filter((each) => each.result === result).length;
  const red = count('red');
  console.log(`${count('green')} green, ${red} red, ${count('skipped')} skipped`);
  if (red > 0) process.exitCode = 1;
  const recoveries = outcomes.flatMap(({ recoverySeconds }) => recoverySeconds ?? []).sort((a, b) => a - b);
  const seconds = rounded((performance.now() - startedMs) / 1000);
  const undisturbedSeconds = Object.values(usual).flat();
  const mean = undisturbedSeconds.reduce((sum, each) => sum + each, 0) / undisturbedSeconds.length;
  const recoveryP50 = recoveries[Math.floor(recoveries.length / 2)] ?? 0;
  return {
    seconds,
    baseline: { name: 'the same jobs undisturbed, seconds', ...usual },
    ratio: rounded((mean + medianDelay(outcomes)) / mean),
    green: count('green'),
    red,
    skipped: count('skipped'),
    recoverySeconds: { p50: rounded(recoveryP50), max: rounded(recoveries.at(-1) ?? 0) },
    outcomes: outcomes.map(withRoundedTimes),
  };
}

function isChosen(each: FaultCase, args: readonly string[]): boolean {
  const words = args.filter((arg) => arg !== '--quick');
  const text = `${each.stage} ${nameOfFault(each.fault)} ${each.at} ${each.who}`;
  return (!args.includes('--quick') || each.quick === true) && words.every((word) => text.includes(word));
}

/** The stage with most cases is opened twice, so that both cores have something to do to the end. */
function lanesOf(cases: readonly FaultCase[]): Lane[] {
  const of = (stage: FaultCase['stage']) => cases.filter((each) => each.stage === stage);
  const sums = of('horizontal');
  const half = Math.ceil(sums.length / 2);
  const all: Lane[] = [
    { stage: 'horizontal', cases: sums.slice(0, half) },
    { stage: 'horizontal', cases: sums.slice(half) },
    { stage: 'vertical', cases: of('vertical') },
    { stage: 'replicas', cases: of('replicas') },
  ];
  return all.filter((lane) => lane.cases.length > 0);
}

/** A case that is not green may leave anything behind: the next one gets a new stage. */
async function runLane(lane: Lane, told: (outcome: Outcome) => void, usual: Record<string, number[]>) {
  let stage: FaultStage | undefined;
  try {
    let reference: Awaited<ReturnType<typeof undisturbed>> | undefined;
    for (const each of lane.cases) {
      if (stage === undefined || reference === undefined) {
        stage = await openers[lane.stage]();
        reference = await undisturbed(stage);
        usual[lane.stage] = [...(usual[lane.stage] ?? []), rounded(reference.seconds)];
      }
      const outcome = await runCase(stage, each, reference);
      told(outcome);
      if (outcome.result === 'red' || each.ends !== undefined) {
        await stage.close();
        stage = undefined;
      }
    }
  } catch (error) {
    if (!(error instanceof NotHere)) throw error;
    for (const { fault, at, who } of lane.cases) {
      const named = { fault: nameOfFault(fault), at, who, stage: lane.stage };
      const unknown = { model: 'none', lostEvents: 0, secondCiphertexts: 0, spentOnce: true };
      told({ ...named, ...unknown, result: 'skipped', reason: error.message });
    }
  } finally {
    await stage?.close();
  }
}

const headline = 'fault                point      who         model lost 2nd spent recov delay';

function rowOf(outcome: Outcome): string {
  const { fault, at, who, model, lostEvents, secondCiphertexts, spentOnce, recoverySeconds, delaySeconds } =
    outcome;
  const cells = [
    fault.padEnd(20),
    at.padEnd(10),
    who.padEnd(11),
    (model.length > 5 ? 'ends' : model).padEnd(5),
    String(lostEvents).padStart(4),
    String(secondCiphertexts).padStart(3),
    (spentOnce ? 'once' : 'NOT').padStart(5),
    secondsOf(recoverySeconds).padStart(5),
    secondsOf(delaySeconds).padStart(5),
  ];
  const row = cells.join(' ');
  if (outcome.result === 'skipped') return `${row.slice(0, 43)} skipped: ${outcome.reason}`;
  return outcome.result === 'green' ? row : `${row} RED\n  ${outcome.stage}: ${outcome.reason}`;
}

function secondsOf(seconds: number | undefined): string {
  return seconds === undefined ? '-' : seconds.toFixed(1);
}

function medianDelay(outcomes: readonly Outcome[]): number {
  const delays = outcomes.flatMap(({ delaySeconds }) => delaySeconds ?? []).sort((a, b) => a - b);
  return delays[Math.floor(delays.length / 2)] ?? 0;
}

function withRoundedTimes(outcome: Outcome): Outcome {
  const { recoverySeconds, delaySeconds, ...rest } = outcome;
  return {
    ...rest,
    ...(recoverySeconds !== undefined && { recoverySeconds: rounded(recoverySeconds) }),
    ...(delaySeconds !== undefined && { delaySeconds: rounded(delaySeconds) }),
  };
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}

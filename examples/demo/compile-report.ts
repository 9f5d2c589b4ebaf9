import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { DemoReport, JobReport, RoundReport, VerticalReport } from '../../learning/report/index.js';
import { type ParticipantResult, participantResult, type RoundView } from './answers.js';
import { encryptionOf } from './encryption.js';
import { soloOnPooledRows } from './scoring.js';
import type { Player } from './stage.js';
import type { FinishedJob } from './train.js';

/** The facts of a finished job, from the coordinator's answers and from each participant's own result file. */
export async function jobReport(
  { view, rounds }: FinishedJob,
  players: readonly Player[],
): Promise<JobReport> {
  const results = new Map<string, ParticipantResult>();
  for (const { name, home } of players) results.set(name, await readResult(home, view.jobId));
  const training = rounds.filter(({ purpose }) => purpose === 'update');
  const byParticipant = <T>(give: (name: string) => T) =>
    Object.fromEntries(players.map(({ name }) => [name, give(name)]));
  const solo = await Promise.all(
    players.map(
      async (player) => [player.name, await soloOnPooledRows(player, players, view.jobId)] as const,
    ),
  );
  const of = (name: string) => results.get(name)!;
  const metrics = [...rounds.flatMap((each) => each.metrics), ...view.metrics];
  return {
    name: view.name,
    mode: 'horizontal',
    model: view.model,
    algorithm: view.algorithm,
    status: view.state,
    rounds: training.length,
    bestRound: view.bestRound,
    joint: {
      auc: metricOf(metrics, 'auc', view.bestRound),
      ks: metricOf(metrics, 'ks', view.bestRound),
    },
    solo: Object.fromEntries(solo),
    onOwnRows: byParticipant((name) => ({
      rows: of(name).joint.own.rows,
      solo: scoresOf(of(name).solo.own),
      joint: scoresOf(of(name).joint.own),
    })),
    bytesUp: byParticipant((name) => view.participants.find((each) => each.name === name)?.bytesUp ?? 0),
    bytesDown: byParticipant((name) => view.participants.find((each) => each.name === name)?.bytesDown ?? 0),
    stepSeconds: byParticipant((name) => stepSeconds(rounds, name)),
    encryption: encryptionOf(rounds),
    modelFingerprints: byParticipant((name) => of(name).fingerprint),
    perRound: training.map((round) => roundReport(round, metrics)),
    seconds: (view.endedMs - view.submittedMs) / 1000,
  };
}

/** Sums over jobs. `seconds` is the whole run. */
export function totalsOf(
  jobs: readonly JobReport[],
  vertical: readonly VerticalReport[],
  seconds: number,
): DemoReport['totals'] {
  const bytesUp: Record<string, number> = {};
  const sent = [
    ...jobs.map((job) => job.bytesUp),
    ...vertical.flatMap(({ phases, batch }) =>
      [...phases, ...(batch ? [batch] : [])].map(({ bytes }) => bytes),
    ),
  ];
  for (const each of sent) {
    for (const [name, up] of Object.entries(each)) bytesUp[name] = (bytesUp[name] ?? 0) + up;
  }
  return { seconds, bytesUp };
}

/** After the job's end each participant still trains its solo model for comparison. */
const resultMs = 60_000;
const lookMs = 100;

async function readResult(home: string, jobId: string): Promise<ParticipantResult> {
  const path = join(home, 'jobs', jobId, 'result.json');
  for (let waitedMs = 0; !existsSync(path); waitedMs += lookMs) {
    if (waitedMs > resultMs) throw new Error(`no result within ${resultMs / 1000} s: ${path}`);
    await setTimeout(lookMs);
  }
  return participantResult.parse(JSON.parse(await readFile(path, 'utf8')));
}

type Metrics = RoundView['metrics'];

function metric(metrics: Metrics, name: string, round: number): number | null {
  return metrics.find((each) => each.name === name && each.round === round)?.value ?? null;
}

function metricOf(metrics: Metrics, name: string, round: number): number {
  const value = metric(metrics, name, round);
  if (value === null) throw new Error(`the job released no ${name} of round ${round}`);
  return value;
}

/** `metrics` of the whole job: a model is measured with a later sum than the one that made it. */
function roundReport(view: RoundView, metrics: Metrics): RoundReport {
  return {
    round: view.round,
    auc: metric(metrics, 'auc', view.round),
    ks: metric(metrics, 'ks', view.round),
    trainLoss: metric(metrics, 'trainLoss', view.round),
    seconds: (view.agreedMs - view.startedMs) / 1000,
    verification: view.verification,
  };
}

function stepSeconds(rounds: readonly RoundView[], name: string): Record<string, number> {
  const spent: Record<string, number> = {};
  for (const { participants } of rounds) {
    for (const { step, ms } of participants.find((each) => each.name === name)?.timings ?? []) {
      spent[step] = (spent[step] ?? 0) + ms / 1000;
    }
  }
  return spent;
}

function scoresOf({ auc, ks }: { readonly auc: number; readonly ks: number }) {
  return { auc, ks };
}

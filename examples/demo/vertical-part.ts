import { join } from 'node:path';
import type { BatchReport, PhaseReport, VerticalReport } from '../../learning/report/index.js';
import { pairDatasets } from '../credit/deal-pair.js';
import { jobAnswer, type RoundView } from './answers.js';
import type { Progress } from './progress.js';
import { writePairSpec } from './specs.js';
import type { Player, Stage } from './stage.js';
import { type FinishedJob, train } from './train.js';
import type { Troupe } from './troupe.js';
import { batchAnswer, labelsAnswer, partAnswer, type VerticalPart } from './vertical-answers.js';

/** Scoring aligns customers anew. */
const scoringMs = 120_000;

/** The vertical part: alignment, binning, fit and evaluation in one job, then scores of all common customers. */
export async function playVertical(
  troupe: Troupe,
  stage: Stage,
  progress: Progress,
  options: { readonly out: string; readonly short: boolean },
): Promise<VerticalReport> {
  const { bank, platform, dealt } = stage.pair;
  progress.say(`${bank.name} knows ${dealt.bank.rows} customers with their outcome,`);
  progress.say(`${platform.name} knows ${dealt.platform.rows} by other features; no row may leave its side`);
  const finished = await train(troupe, stage, await writePairSpec(options.out, options.short), progress);
  const { jobId } = finished.view;
  const file = join(options.out, 'scores.csv');
  const batch = await Promise.race([scoreAll(troupe, bank, jobId, file), troupe.watch(stage.nodes)]);
  progress.say(`  batch score      finished  ${batch.customers} customers scored`);
  const [own, partner, labels] = await Promise.all([
    partOf(troupe, bank, jobId),
    partOf(troupe, platform, jobId),
    troupe.run(bank, ['labels', pairDatasets.bank]),
  ]);
  const [set] = labelsAnswer.parse(labels).labels;
  return verticalReport(stage, finished, [own, partner], {
    batch,
    labels: { released: set?.spent ?? 0, budget: set?.budget ?? 0 },
  });
}

async function partOf(troupe: Troupe, player: Player, jobId: string): Promise<VerticalPart> {
  return partAnswer.parse(await troupe.run(player, ['participant', 'models', 'show', jobId])).model;
}

async function scoreAll(troupe: Troupe, bank: Player, model: string, file: string): Promise<BatchReport> {
  const words = ['score', 'batch', '--model', model, '--out', file];
  const { jobId, scored } = batchAnswer.parse(await troupe.run(bank, words, scoringMs));
  const { job } = jobAnswer.parse(await troupe.run(bank, ['jobs', 'show', jobId]));
  return {
    name: job.name,
    customers: scored,
    seconds: (job.endedMs - job.submittedMs) / 1000,
    bytes: Object.fromEntries(job.participants.map(({ name, bytesUp }) => [name, bytesUp])),
    file,
  };
}

function verticalReport(
  { pair: { bank, platform, dealt } }: Stage,
  { view, rounds }: FinishedJob,
  [own, partner]: readonly [VerticalPart, VerticalPart],
  rest: Pick<VerticalReport, 'batch' | 'labels'>,
): VerticalReport {
  if (own.scaling === undefined) throw new Error(`${view.name} left no scaling at ${bank.name}`);
  const { evaluation, scaling, features } = own;
  const partyOf = ({ name }: Player, part: VerticalPart) => ({
    name,
    customers: part.rows.own,
    features: part.features.filter(({ party }) => party === name).length,
    coefficients: part.coefficients ?? [],
  });
  const { own: _, ...rows } = own.rows;
  return {
    name: view.name,
    status: view.state,
    data:
      `credit_data, consumer loans (MIT licence, see examples/credit/ATTRIBUTION.md), dealt out by column: ` +
      `${bank.name} has ${dealt.bank.rows} customers, ${platform.name} ${dealt.platform.rows} members, and ${dealt.common} ` +
      'are both; keys are written in several ways. Held-out customers are those with id mod 5 = 0.',
    labelHolder: bank.name,
    parties: [partyOf(bank, own), partyOf(platform, partner)],
    rows,
    evaluation: evaluation ?? null,
    features: features.map(({ count, ...feature }) => ({ ...feature, bins: count })),
    scaling,
    phases: rounds.map(phaseReport),
    scoresReleased: view.scoresReleased,
    seconds: (view.endedMs - view.submittedMs) / 1000,
    ...rest,
  };
}

function phaseReport({ purpose, round, startedMs, agreedMs, participants }: RoundView): PhaseReport {
  const workOf = (timings: readonly { readonly ms: number }[]) =>
    timings.reduce((total, { ms }) => total + ms, 0) / 1000;
  return {
    phase: purpose,
    iteration: round,
    seconds: (agreedMs - startedMs) / 1000,
    bytes: Object.fromEntries(participants.map(({ name, bytesUp }) => [name, bytesUp])),
    work: Object.fromEntries(participants.map(({ name, timings }) => [name, workOf(timings)])),
  };
}

import {
  fitRounds,
  type ParticipantName,
  type PostOf,
  type Route,
  type StepName,
  verticalModelDigest,
} from '../../contract/index.js';
import { absent, type Debt } from './debt.js';
import { type ClosedStep, type Exchanging, isExchanging, type OpenStep, type Unfinished } from './state.js';

/** What a parcel of a step holds, as people say it of its sender. */
const contents: Readonly<
  Record<StepName, string | { readonly labelHolder: string; readonly other: string }>
> = {
  keys: 'its keys for this job',
  blind: 'its blinded ids',
  pledge: 'the digest of the twice blinded ids',
  double: 'the twice blinded ids',
  select: 'the choice of common rows',
  labels: { labelHolder: 'its encrypted labels', other: 'the row counts of its bins' },
  counts: 'the masked bad counts of its bins',
  woe: 'the joined bins',
  bins: 'the numbers of its bins',
  gradients: 'its encrypted gradients',
  histograms: 'the masked histograms of its features',
  splits: 'the splits of this level',
  sides: 'the sides of its splits',
  tree: 'the tree',
  terms: 'its encrypted half of the residual',
  hop: 'the residual gathered so far',
  spread: 'the complete residual',
  products: 'its masked gradients',
  openings: 'the decrypted gradients',
  parts: 'its score parts',
  result: 'the result of the fit',
  close: 'its outcome',
};

/** Who still owes parcels or a report of the open step, one entry per participant, in roster order. */
export function owedToStep({ charter, openStep }: Exchanging): Debt[] {
  const { step, parcels, reports } = openStep;
  const owing = new Set(absent(step.reports, reports));
  return charter.roster.flatMap((who): Debt[] => {
    const receivers = step.parcels
      .filter(({ from, to }) => from === who && !parcels.get(who)?.has(to))
      .map(({ to }) => to);
    const acts =
      receivers.length > 0
        ? [`send ${contentOf(charter.spec, step.name, who)} to ${receivers.join(', ')}`]
        : [];
    if (owing.has(who)) acts.push('report its outcome');
    return acts.length > 0 ? [{ who, act: acts.join(' and ') }] : [];
  });
}

function contentOf(
  { labelHolder }: { readonly labelHolder: ParticipantName },
  name: StepName,
  sender: ParticipantName,
): string {
  const content = contents[name];
  if (typeof content === 'string') return content;
  return sender === labelHolder ? content.labelHolder : content.other;
}

/** Every step so far, the open one last. */
export function stepsSoFar({ closedSteps, openStep }: Exchanging): readonly (ClosedStep | OpenStep)[] {
  return [...closedSteps, openStep];
}

/** A parcel whose post stands in the transcript. */
export function parcelOf(
  state: Unfinished,
  number: number,
  { from, to }: Route,
): PostOf<'parcel'> | undefined {
  if (!isExchanging(state)) return undefined;
  const step = stepsSoFar(state).find((one) => one.step.number === number);
  return step?.parcels.get(from)?.get(to);
}

/** Iterations of the fit that the job asks for; 0 when nothing is fitted. */
export function iterationsOf({ spec }: Exchanging['charter']): number {
  return fitRounds(spec);
}

/** Whether a report says that no tree follows. */
export function isLast(reports: Iterable<PostOf<'report'>>): boolean {
  return [...reports].some(({ last }) => last === true);
}

/** Iterations or trees that a job has come to. */
export function roundsTaken(state: Exchanging): number {
  return stepsSoFar(state).reduce((most, { step }) => Math.max(most, step.round), 0);
}

/** Joint digest of the outcomes that everybody reported, in roster order. */
export function outcomeDigest({ charter, openStep }: Exchanging) {
  return verticalModelDigest(charter.roster, (name) => openStep.reports.get(name)?.fingerprint ?? '');
}

/**
 * Steps below this number are done with: every participant has posted in a step of this number or a later one, and
 * nobody posts in a step before it holds what it was sent in earlier ones.
 */
export function stepsDoneWith(state: Exchanging): number {
  const latest = new Map<ParticipantName, number>();
  for (const { step, parcels, reports } of stepsSoFar(state)) {
    for (const name of [...parcels.keys(), ...reports.keys()]) latest.set(name, step.number);
  }
  return Math.min(...state.charter.roster.map((name) => latest.get(name) ?? 0));
}

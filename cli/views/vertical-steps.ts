import type { StepName } from '../../contract/index.js';

/** What the parcels of a step hold, beside its name; docs/protocols/vertical-jobs.md says more. */
const contents: Readonly<Record<StepName, string>> = {
  keys: 'public keys, seeds of masks',
  blind: 'own ids, blinded',
  pledge: 'digest of what comes next',
  double: 'ids blinded by both',
  select: 'common rows and their order',
  labels: 'encrypted labels; row counts',
  counts: 'masked bad counts of bins',
  woe: 'joined bins with IV and WOE',
  bins: 'numbers of bins',
  gradients: 'encrypted gradients of nodes',
  histograms: 'masked sums of gradients',
  splits: 'nodes and bins to part at',
  sides: 'rows that go left',
  tree: 'the tree is grown',
  terms: 'encrypted residual, own part',
  hop: 'residual handed on',
  spread: 'complete residual',
  products: 'masked gradients',
  openings: 'gradients, decrypted, masked',
  parts: 'score parts, rounded',
  result: 'what standard errors need',
  close: 'reports of everybody',
};

const fittingSteps: ReadonlySet<string> = new Set<StepName>([
  'terms',
  'hop',
  'spread',
  'products',
  'openings',
  'gradients',
  'histograms',
  'splits',
  'sides',
  'tree',
]);

/** A newer coordinator may know steps that this package does not. */
export function stepContent(name: string): string {
  return Object.hasOwn(contents, name) ? contents[name as StepName] : '';
}

/** True for the steps of an iteration of the fit. */
export function isFitting(name: string): boolean {
  return fittingSteps.has(name);
}

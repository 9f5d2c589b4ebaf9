import {
  type HorizontalSpec,
  type JobSpec,
  neededMembers,
  quorumOf,
  stepsOf,
  type VerticalSpec,
} from '../../contract/index.js';
import { fields, page } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { formatCount } from '../text/units.js';

/** A valid job spec, as its submitter should read it once more. */
export function specPage(spec: JobSpec, file: string, palette: Palette): string {
  return page(
    fields(
      [
        ['valid', `${spec.name}, ${spec.mode}`, palette.good],
        ['purpose', spec.purpose],
        ...(spec.mode === 'horizontal' ? horizontalFields(spec) : verticalFields(spec)),
        ['released', spec.release.join(', ') || 'no metric'],
      ],
      palette,
    ),
    `next: fedrisk jobs submit ${file}`,
  );
}

type Fields = [string, string | readonly string[]][];

function horizontalFields(spec: HorizontalSpec): Fields {
  const { participants, colluders } = spec;
  return [
    [
      'participants',
      `${participants.join(', ')} (${colluders} may collude, quorum ${quorumOf(participants.length, colluders)})`,
    ],
    ['dataset', `${spec.dataset}, ${formatCount(Object.keys(spec.features).length)} features`],
    [
      'rounds',
      `at least ${neededMembers(spec, { purpose: 'evaluation', round: 0 })} of ${participants.length} in each, ${lateWords(spec)}`,
    ],
    ['model', modelWords(spec)],
  ];
}

function modelWords({ model, algorithm, training: { rounds } }: HorizontalSpec): string {
  if (model.kind !== 'trees') return `${model.kind}, trained by ${algorithm.kind}, up to ${rounds} rounds`;
  return `up to ${rounds} boosted trees of depth ${model.depth}, at most ${model.bins} bins`;
}

function lateWords({ participation, model }: HorizontalSpec): string {
  if (model.kind === 'trees') return 'a tree ends where one of those who began it is missing';
  return participation.late === 'drop' ? 'late updates are dropped' : 'late updates go into the next one';
}

function verticalFields(spec: VerticalSpec): Fields {
  return [
    ['labels at', spec.labelHolder],
    ['parties', partyLines(spec)],
    ['work', `${workOf(spec)}, ${stepsOf(spec).length} steps`],
    ['customers', `at least ${formatCount(spec.alignment.minimumRows)} common to all`],
    ...(spec.type === 'training' ? ([['scores', scoresOf(spec.scores)]] satisfies Fields) : []),
  ];
}

function partyLines(spec: VerticalSpec): string[] {
  if (spec.type === 'scoring') {
    return Object.entries(spec.parties).map(([name, { dataset }]) => `${name}: ${dataset}`);
  }
  return Object.entries(spec.parties).map(
    ([name, { dataset, features }]) =>
      `${name}: ${dataset}, ${formatCount(Object.keys(features).length)} features`,
  );
}

function workOf(spec: VerticalSpec): string {
  switch (spec.type) {
    case 'training':
      return `training a scorecard, ${spec.training.iterations} iterations, at most ${spec.binning.bins} bins`;
    case 'binning':
      return `binning, ${spec.binning.method}, at most ${spec.binning.bins} bins`;
    case 'boosting':
      return `boosting, up to ${spec.trees.count} trees of depth ${spec.trees.depth}, at most ${spec.trees.bins} bins`;
    case 'scoring':
      return `scoring by the model of ${spec.model.job}`;
  }
}

function scoresOf({ release, calibrationRows }: { release: string; calibrationRows: number }): string {
  if (release === 'none') return 'stay inside: no metric of the joint model';
  return `of held-out rows and ${formatCount(calibrationRows)} training rows reach the label holder`;
}

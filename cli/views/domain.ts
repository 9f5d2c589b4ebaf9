import type { HorizontalRow, ModelExport, ModelRow, PolicySummary } from '../participant-door.js';
import { fields, page, prose } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';
import { formatCount, formatMetric, formatTime } from '../text/units.js';
import { gainTable } from './feature-gains.js';
import { metricLines } from './metrics.js';
import { shortDigest, shortJobId } from './state.js';
import { verticalModelPage } from './vertical-model.js';

/** What a policy file allows, in words. */
export function policyPage(policy: PolicySummary, palette: Palette): string {
  return page(palette.strong(policy.path), prose(policy.lines));
}

export function modelTable(models: readonly ModelRow[], palette: Palette): string {
  if (models.length === 0) return 'No model yet: models and tables of finished jobs stand here.';
  return table(
    [
      { head: 'JOB' },
      { head: 'NAME', wraps: true },
      { head: 'MODEL' },
      { head: 'ROUND', align: 'right' },
      { head: 'PARAMETERS', align: 'right' },
      { head: 'DIGEST' },
    ],
    models.map((model) => [
      shortJobId(model.jobId),
      model.name,
      ...kindCells(model),
      shortDigest(model.fingerprint),
    ]),
    palette,
  );
}

const leftBehind = {
  training: 'scorecard',
  boosting: 'trees',
  binning: 'IV table',
  scoring: 'scores',
} as const;

/** Model, round, parameters; those of a vertical job are its trees and the own columns of the fit. */
function kindCells(model: ModelRow): string[] {
  if (model.mode === 'horizontal') {
    return [model.model, String(model.round), formatCount(model.parameters)];
  }
  const columns = model.coefficients?.length;
  const trees = model.trees === undefined ? '-' : formatCount(model.trees);
  return [leftBehind[model.type], trees, columns === undefined ? '-' : formatCount(columns)];
}

export function modelPage(model: ModelRow, palette: Palette): string {
  return model.mode === 'vertical' ? verticalModelPage(model, palette) : horizontalPage(model, palette);
}

/** Where an exported part is, and what it is without those of the others. */
export function exportWords({ path, format, kind, party, labelHolder }: ModelExport): string {
  if (labelHolder === undefined)
    return `${path}: the joint model of trees, whole, as ${party} holds it (${format})`;
  return `${path}: the part of ${party} in a joint model of ${kind === 'trees' ? 'trees' : 'a scorecard'} (${format})`;
}

function horizontalPage(model: HorizontalRow, palette: Palette): string {
  const { joint, solo } = model.own;
  return page(
    fields(
      [
        ['job', model.jobId, palette.strong],
        ['name', model.name],
        [
          'model',
          `${model.model}, ${formatCount(model.parameters)} ${model.importance ? 'nodes' : 'parameters'}`,
        ],
        ['round', String(model.round)],
        ['saved', formatTime(model.savedMs)],
        ['metrics', metricLines(model.metrics)],
        ['agreed as', model.agreedFingerprint],
        ['model digest', model.fingerprint],
      ],
      palette,
    ),
    gainTable(model, palette),
    ownTable({ ...(joint && { joint }), ...(solo && { alone: solo }) }, palette),
  );
}

/** What joining was worth, on own held-out rows. */
function ownTable(
  models: Readonly<Record<string, { readonly rows: number; readonly auc: number; readonly ks: number }>>,
  palette: Palette,
): string {
  const rows = Object.entries(models);
  if (rows.length === 0) return '';
  return table(
    [
      { head: 'ON OWN ROWS' },
      { head: 'ROWS', align: 'right' },
      { head: 'AUC', align: 'right' },
      { head: 'KS', align: 'right' },
    ],
    rows.map(([name, own]) => [
      name,
      formatCount(own.rows),
      formatMetric('auc', own.auc),
      formatMetric('ks', own.ks),
    ]),
    palette,
  );
}

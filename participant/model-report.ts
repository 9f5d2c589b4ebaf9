import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, castOf, jobSpec, type VerticalSpecOf } from '../contract/index.js';
import { writePrivateFile } from '../crypto/identity/index.js';
import { renderJointReport, renderTreesReport, type TreesReport } from '../learning/report/index.js';
import { homeLayout } from './config.js';
import { growthWords, percent } from './growth-words.js';
import { jointReport } from './joint-report.js';
import type { VerticalResult } from './vertical/index.js';

/**
 * Writes the report of a model as an HTML page that only its owner reads; an existing file is replaced whole.
 * @throws {CodedError} MODEL_UNKNOWN anywhere but at a participant of a finished horizontal job or the label holder of boosted trees;
 * CONFIG_INVALID when `out` cannot be written.
 */
export function writeModelReport(order: {
  readonly home: string;
  readonly jobId: string;
  readonly out: string;
}) {
  const { home, jobId, out } = order;
  const page = reportOf(home, jobId);
  try {
    writePrivateFile(out, page);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CodedError('CONFIG_INVALID', `--out: cannot write ${out} (${code})`, { cause });
  }
  return { path: out };
}

function reportOf(home: string, jobId: string): string {
  const folder = join(homeLayout(home).jobs, jobId);
  const file = (name: string) => join(folder, name);
  if (!existsSync(file('result.json')) || !existsSync(file('spec.json'))) {
    throw new CodedError('MODEL_UNKNOWN', `${home} holds no finished job ${jobId}`);
  }
  const spec = jobSpec.parse(JSON.parse(readFileSync(file('spec.json'), 'utf8')));
  if (spec.mode === 'horizontal') return renderJointReport(jointReport(spec, jobId, folder));
  if (spec.type === 'boosting') return renderTreesReport(treesReport(spec, jobId, folder));
  throw new CodedError(
    'MODEL_UNKNOWN',
    `${jobId} is a vertical ${spec.type} job: reports are of boosted trees and of horizontal jobs`,
  );
}

function treesReport(spec: VerticalSpecOf<'boosting'>, jobId: string, folder: string): TreesReport {
  const file = (name: string) => join(folder, name);
  const result = JSON.parse(readFileSync(file('result.json'), 'utf8')) as VerticalResult;
  const { course, importance = [], scaling, trees = 0, evaluation, rows, scoresReleased } = result;
  if (course === undefined || scaling === undefined) {
    throw new CodedError('MODEL_UNKNOWN', `the report of ${jobId} is written at ${spec.labelHolder}`);
  }
  const names = [spec.labelHolder, ...castOf(spec).holders];
  return {
    ...{ job: jobId, name: spec.name, purpose: spec.purpose, labelHolder: spec.labelHolder },
    parties: names.map((name) => ({
      name,
      dataset: spec.parties[name]!.dataset,
      features: Object.keys(spec.parties[name]!.features).length,
    })),
    groupRows: spec.trees.groupRows,
    settings: settingsOf(spec),
    ...{ rows, trees, course, importance, scaling, scoresReleased },
    evaluation: evaluation ?? null,
    fingerprint: createHash('sha256')
      .update(readFileSync(file('model.json')))
      .digest('hex'),
    saved: `${statSync(file('result.json')).mtime.toISOString().slice(0, 19)}Z`,
  };
}

/** How trees were grown, in words; what does nothing is left out. */
function settingsOf({ trees, parties }: VerticalSpecOf<'boosting'>): Record<string, string> {
  const monotone = Object.entries(parties).flatMap(([party, { monotone: asked }]) =>
    Object.entries(asked).map(([feature, direction]) => `${feature} of ${party} ${direction}`),
  );
  const { oneSide } = trees;
  return {
    ...growthWords(trees, trees.count, monotone),
    ...(oneSide && {
      'One-side sampling': `the steepest ${percent(oneSide.top)} and ${percent(oneSide.other)} of all from the others`,
    }),
    'First tree': trees.first === 'everybody' ? 'of all features' : 'of the label holder’s features alone',
    Seed: String(trees.seed),
  };
}

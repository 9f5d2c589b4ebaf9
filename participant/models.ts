import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../contract/index.js';
import { homeLayout } from './config.js';
import type { JobResult } from './training/index.js';
import type { FeatureResult, ModelPart, TreeModel, VerticalModel, VerticalResult } from './vertical/index.js';

interface Order {
  readonly home: string;
}

/** What finished jobs left here, newest last: models, and tables of jobs that only binned or scored. */
export async function listModels({ home }: Order) {
  const { jobs } = homeLayout(home);
  const ids = existsSync(jobs)
    ? readdirSync(jobs).filter((id) => existsSync(join(jobs, id, 'result.json')))
    : [];
  const rows = await Promise.all(ids.map((id) => rowOf(jobs, id)));
  return rows.sort((a, b) => a.savedMs - b.savedMs);
}

/** @throws {CodedError} MODEL_UNKNOWN when the job left no model here. */
export async function showModel({ home, jobId }: Order & { readonly jobId: string }) {
  const { jobs } = homeLayout(home);
  if (!/^job-[0-9a-f]{32}$/.test(jobId) || !existsSync(join(jobs, jobId, 'result.json'))) {
    throw new CodedError('MODEL_UNKNOWN', `${home} holds no model of ${jobId}`);
  }
  return rowOf(jobs, jobId);
}

async function rowOf(jobs: string, jobId: string) {
  const folder = join(jobs, jobId);
  const path = join(folder, 'result.json');
  const result = JSON.parse(readFileSync(path, 'utf8')) as JobResult | VerticalResult;
  const { mtimeMs } = statSync(path);
  return 'format' in result ? verticalRow(folder, result, mtimeMs) : horizontalRow(jobId, result, mtimeMs);
}

function horizontalRow(jobId: string, result: JobResult, savedMs: number) {
  const kept = result.history.find(({ round }) => round === result.round)?.metrics;
  const joint =
    kept === undefined
      ? []
      : (['auc', 'ks', 'gini', 'brier', 'logLoss'] as const).map((name) => ({
          name: name as string,
          round: result.round,
          value: kept[name],
        }));
  return {
    mode: 'horizontal' as const,
    jobId,
    name: result.name,
    model: result.model,
    round: result.round,
    parameters: result.parameters,
    ...(result.importance && { importance: result.importance }),
    fingerprint: result.fingerprint as string,
    agreedFingerprint: result.agreedFingerprint as string,
    metrics: joint,
    /** On own held-out rows: the joint model, and the model this participant would have alone. */
    own: { ...(result.joint && { joint: result.joint.own }), ...(result.solo && { solo: result.solo.own }) },
    savedMs,
  };
}

async function verticalRow(folder: string, { format: _, ...result }: VerticalResult, savedMs: number) {
  const modelFile = join(folder, 'model.json');
  const model = existsSync(modelFile) ? readFileSync(modelFile) : undefined;
  const scoresFile = join(folder, 'scores.csv');
  const part = model && (JSON.parse(model.toString('utf8')) as ModelPart);
  return {
    mode: 'vertical' as const,
    ...result,
    features: await Promise.all(result.features.map(withLabels)),
    leftOut: part?.format === 'fedrisk/vertical-model/1' ? leftOut(part) : [],
    ...(part?.format === 'fedrisk/tree-model/1' && { codes: codesOf(part) }),
    fingerprint: model ? createHash('sha256').update(model).digest('hex') : '',
    ...(existsSync(scoresFile) && { scoresFile }),
    savedMs,
  };
}

/** Bins as people read them. Loaded here, because most commands need no learning. */
async function withLabels(feature: FeatureResult) {
  const { bins } = feature;
  if (bins === undefined) return feature;
  const { binLabels } = await import('../learning/index.js');
  const labels = binLabels(bins);
  return { ...feature, labels: bins.kind === 'number' ? labels.map(withoutNoise) : labels };
}

/** Cuts between two values carry rounding noise in the last digits: 99.80000000000018. */
function withoutNoise(label: string): string {
  return label.replaceAll(/\d+\.\d+(?:e[+-]?\d+)?/g, (text) => String(Number(Number(text).toPrecision(10))));
}

/** Under which the label holder knows own features; none at the label holder. */
function codesOf({ features }: TreeModel): Record<string, string> {
  return Object.fromEntries(
    Object.entries(features).flatMap(([name, { code }]) => (code === undefined ? [] : [[name, code]])),
  );
}

/** Own features that explain nothing are no column of the fit. */
function leftOut({ features, fit }: VerticalModel): string[] {
  const fitted = new Set(fit.columns.map(({ name }) => name));
  return Object.keys(features).filter((name) => !fitted.has(name));
}

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../contract/index.js';
import { homeLayout } from './config.js';
import type { JobResult } from './training/index.js';

interface Order {
  readonly home: string;
}

/** Kept models, newest last. */
export async function listModels({ home }: Order) {
  const { jobs } = homeLayout(home);
  const ids = existsSync(jobs)
    ? readdirSync(jobs).filter((id) => existsSync(join(jobs, id, 'result.json')))
    : [];
  return ids.map((id) => rowOf(jobs, id)).sort((a, b) => a.savedMs - b.savedMs);
}

/** @throws {CodedError} MODEL_UNKNOWN when the job left no model here. */
export async function showModel({ home, jobId }: Order & { readonly jobId: string }) {
  const { jobs } = homeLayout(home);
  if (!/^job-[0-9a-f]{32}$/.test(jobId) || !existsSync(join(jobs, jobId, 'result.json'))) {
    throw new CodedError('MODEL_UNKNOWN', `${home} holds no model of ${jobId}`);
  }
  return rowOf(jobs, jobId);
}

function rowOf(jobs: string, jobId: string) {
  const path = join(jobs, jobId, 'result.json');
  const result = JSON.parse(readFileSync(path, 'utf8')) as JobResult;
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
    jobId,
    name: result.name,
    model: result.model,
    round: result.round,
    parameters: result.parameters,
    fingerprint: result.fingerprint as string,
    agreedFingerprint: result.agreedFingerprint as string,
    metrics: joint,
    /** On own held-out rows: the joint model, and the model this participant would have alone. */
    own: { ...(result.joint && { joint: result.joint.own }), ...(result.solo && { solo: result.solo.own }) },
    savedMs: statSync(path).mtimeMs,
  };
}

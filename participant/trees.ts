import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../contract/index.js';
import { homeLayout } from './config.js';
import { type JobResult, type JointTreePoint, jointCourse, latestState } from './training/index.js';
import type { KeptSplits } from './vertical/boosting/feature-holder.js';
import type { GrownTrees } from './vertical/boosting/label-holder.js';
import { courseOf, type TreePoint } from './vertical/boosting/tree-course.js';
import type { VerticalResult } from './vertical/index.js';
import { workPath } from './vertical/work-files.js';

/** Trees of a boosting job as far as they are grown, at one party. */
export interface TreeCourse {
  readonly jobId: string;
  /** False while the job runs. */
  readonly finished: boolean;
  /** At a feature holder the number of own splits is all it knows. */
  readonly trees: readonly (TreePoint | JointTreePoint | { readonly ownSplits: number })[];
  /** How many score, once it is known. */
  readonly used?: number;
}

/**
 * What this party knows of the trees of a job, from its own files, also while the job runs: the coordinator sees no nodes.
 * @throws {CodedError} MODEL_UNKNOWN when no tree of the job is here.
 */
export async function showTrees({
  home,
  jobId,
}: {
  readonly home: string;
  readonly jobId: string;
}): Promise<TreeCourse> {
  const folder = join(homeLayout(home).jobs, jobId);
  const result = read<VerticalResult | JobResult>(join(folder, 'result.json'));
  if (result && 'round' in result && result.course) {
    return { jobId, finished: true, trees: result.course, used: result.round };
  }
  if (result && 'type' in result && result.type === 'boosting') {
    const model = read<{ splits: readonly { id: string }[] }>(join(folder, 'model.json'));
    const { course, trees = 0 } = result;
    if (course) return { jobId, finished: true, trees: course, used: trees };
    const rounds = model?.splits.map(({ id }) => Number(id.split('/')[0])) ?? [];
    return { jobId, finished: true, trees: splitsByTree(rounds) };
  }
  const grown = read<GrownTrees>(workPath(folder, 'trees'));
  if (grown) return { jobId, finished: false, trees: courseOf(grown) };
  const splits = read<KeptSplits>(workPath(folder, 'tree-splits'));
  if (splits) return { jobId, finished: false, trees: splitsByTree(splits.map(({ round }) => round)) };
  const state = await latestState(folder);
  if (state?.forest) return { jobId, finished: false, trees: jointCourse(state) };
  throw new CodedError('MODEL_UNKNOWN', `${home} holds no tree of ${jobId}`);
}

/** @param rounds tree of each own split. */
function splitsByTree(rounds: readonly number[]) {
  return Array.from({ length: Math.max(0, ...rounds) }, (_, at) => ({
    ownSplits: rounds.filter((round) => round === at + 1).length,
  }));
}

/** A file that its owner wrote, whole or not at all. */
function read<T>(path: string): T | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined;
}

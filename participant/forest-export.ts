import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, type HorizontalSpec, horizontalSpec, Secret } from '../contract/index.js';
import { bucketOfLevels, type JointBins, leftOf, rightOf, type SavedTree } from '../learning/index.js';
import type { ExportedFeature, ExportedNode, ExportedTrees, LeftValues } from './model-export.js';
import { type JobResult, type LearnerState, loadState } from './training/index.js';
import { splitId } from './vertical/boosting/tree-model.js';

/**
 * Trees of a finished horizontal job in the documented form, whole: every participant has all of it. Undefined for a folder of another
 * job. @throws {CodedError} MODEL_UNKNOWN when the model of a horizontal job has no trees.
 */
export async function exportedForest(folder: string): Promise<ExportedTrees | undefined> {
  const specFile = join(folder, 'spec.json');
  if (!existsSync(specFile)) return undefined;
  const spec = horizontalSpec.safeParse(JSON.parse(readFileSync(specFile, 'utf8')));
  if (!spec.success) return undefined;
  if (spec.data.model.kind !== 'trees') {
    throw new CodedError(
      'MODEL_UNKNOWN',
      `a ${spec.data.model.kind} model has no exported form: trees and scorecards have`,
    );
  }
  const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')) as JobResult;
  return forestForm(spec.data, result, await loadState(join(folder, 'model.json')));
}

/** @param kept the state that a finished job keeps. */
export function forestForm(
  spec: HorizontalSpec,
  { jobId, name, participant, levels = {} }: Pick<JobResult, 'jobId' | 'name' | 'participant' | 'levels'>,
  { bins, forest, hashKey }: LearnerState,
): ExportedTrees {
  if (bins === undefined || forest === undefined) {
    throw new CodedError('MODEL_INVALID', 'a kept model is not whole');
  }
  const { features } = bins;
  const key = new Secret(Buffer.from(hashKey, 'hex'));
  return {
    format: 'fedrisk/exported-model/1',
    kind: 'trees',
    ...{ job: jobId, name, party: participant, parties: spec.participants },
    ...(features.some(({ kind }) => kind === 'category') && { hashKey }),
    features: Object.fromEntries(
      features.map((feature) => [feature.name, featureForm(feature, levels[feature.name] ?? [], key)]),
    ),
    splits: forest.trees.flatMap(({ branches }, tree) =>
      branches.map(([node, feature, bin, missingLeft]) => ({
        ...{ id: splitId(tree + 1, node), feature: features[feature]!.name },
        left: leftValues(features[feature]!, bin),
        missing: missingLeft === 1 ? ('left' as const) : ('right' as const),
      })),
    ),
    start: forest.start,
    trees: forest.trees.map((tree, at) => nodesOf(tree, at, features, participant)),
  };
}

type JointFeature = JointBins['features'][number];

function featureForm(feature: JointFeature, levels: readonly string[], key: Secret): ExportedFeature {
  if (feature.kind === 'number') return { kind: 'number' };
  const hashes = bucketOfLevels(key, feature.name, levels);
  return {
    kind: 'category',
    hashOf: Object.fromEntries(levels.map((level, at) => [level, hashes[at]!])),
    hashes: feature.buckets,
    others: feature.other ? 'value' : 'missing',
  };
}

/** Values in bins up to `bin`. */
function leftValues(feature: JointFeature, bin: number): LeftValues {
  if (feature.kind === 'number') {
    const cut = feature.cuts[bin];
    if (cut === undefined) return { values: 'all' };
    // Cells of a number end on the side of zero, so that a value and its negative are cut alike (binOfNumber).
    return cut < 0 ? { atMost: cut } : { below: cut };
  }
  const { buckets, other } = feature;
  if (bin >= buckets.length + Number(other) - 1) return { values: 'all' };
  return { hashes: buckets.slice(0, bin + 1) };
}

function nodesOf(
  { branches, leaves }: SavedTree,
  at: number,
  features: readonly JointFeature[],
  party: string,
): ExportedNode[] {
  const idOf = (node: number) => splitId(at + 1, node);
  const inner = branches.map(([node, feature, , , gain, cover]) => ({
    node,
    form: {
      ...{ id: idOf(node), party, feature: features[feature]!.name },
      ...{ left: idOf(leftOf(node)), right: idOf(rightOf(node)), gain, cover },
    },
  }));
  const outer = leaves.map(([node, leaf, cover]) => ({ node, form: { id: idOf(node), leaf, cover } }));
  return [...inner, ...outer].sort((a, b) => a.node - b.node).map(({ form }) => form);
}

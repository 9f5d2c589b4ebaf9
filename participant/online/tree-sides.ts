import { castOf } from '../../contract/index.js';
import {
  calibrated,
  leftOf,
  partyPoints,
  pointsOfLogOdds,
  pointsScale,
  probabilityOf,
  rightOf,
  shapeOf,
  TreeAttribution,
} from '../../learning/index.js';
import {
  isLeft,
  partingFeatures,
  placeOf,
  splitIdsOf,
  type TreeModel,
} from '../vertical/boosting/tree-model.js';
import { type HolderSide, type LabelSide, type ScoreReason, shownReasons } from './model-sides.js';
import type { OnlineJob } from './online-job.js';
import { SidePads, toldBytes, uncovered } from './side-pads.js';

/** Tells of every own split, in the order of the model, whether the customer goes left: a bit each, also where it never comes. */
export function treeHolder(job: OnlineJob, model: TreeModel): HolderSide {
  const pads = new SidePads(job);
  const sidesOf = ownSides(model);
  return {
    bytes: toldBytes(bytesOf(model.splits.length), job),
    told: ({ bins }, requestId, customer) => {
      const sides = new Uint8Array(bytesOf(model.splits.length));
      sidesOf(bins).forEach((left, at) => {
        if (left) sides[at >> 3]! |= 1 << (at & 7);
      });
      return pads.told(sides, requestId, customer);
    },
  };
}

/** Walks down the trees by the sides that all told. Reasons are Shapley values, a partner's features under their codes. */
export function treeLabelSide(job: OnlineJob, model: TreeModel): LabelSide {
  const { forest, calibration, scaling } = model;
  if (forest === undefined || scaling === undefined)
    throw new RangeError('the leaves of these trees are elsewhere');
  const trees = forest.trees.slice(0, forest.used);
  const { holders } = castOf(job.spec);
  const placesFrom = new Map(
    holders.map((holder) => [holder as string, splitIdsOf(forest, holder).map(placeOf)]),
  );
  const ownPlaces = model.splits.map(({ id }) => placeOf(id));
  const features = numbered(trees.flatMap(({ branches }) => branches));
  const attribution = new TreeAttribution(
    trees.map(({ branches, leaves }) => ({
      branches: branches.map(({ node, party, feature }) => ({ node, feature: features.at(party, feature) })),
      leaves,
    })),
    features.list.length,
  );
  const leaves = trees.map((tree) => new Map(tree.leaves.map(({ node, value }) => [node, value])));
  const spans = trees.map(({ branches }) => 1 + Math.max(0, ...branches.map(({ node }) => node)));
  const sidesOf = ownSides(model);
  const scale = pointsScale(scaling);
  const slope = calibration?.slope ?? 1;
  return {
    bytesFrom: (holder) => toldBytes(bytesOf(placesFrom.get(holder)!.length), job),
    score: ({ bins }, told) => {
      // Trees behind those that score stand in no list, and their sides go nowhere.
      const sides = spans.map((span) => new Uint8Array(span));
      sidesOf(bins).forEach((left, at) => {
        const { tree, node } = ownPlaces[at]!;
        if (left && sides[tree]) sides[tree][node] = 1;
      });
      for (const [holder, bits] of uncovered(job, told)) {
        placesFrom.get(holder)!.forEach(({ tree, node }, at) => {
          if (sides[tree]) sides[tree][node] = (bits[at >> 3]! >> (at & 7)) & 1;
        });
      }
      const goesLeft = (tree: number, node: number) => sides[tree]![node] === 1;
      const raw = leaves.reduce(
        (sum, values, tree) => sum + leafOf(values, (node) => goesLeft(tree, node)),
        forest.start,
      );
      const logOdds = calibration ? calibrated(calibration, raw) : raw;
      const added = attribution.of(goesLeft);
      const pointsBy = features.list.map(({ party, feature }, at) => ({
        ...{ party, feature },
        points: partyPoints(scale, slope * added[at]!),
      }));
      const pointsOf = (own: boolean) =>
        pointsBy
          .filter(({ party }) => (party === job.me) === own)
          .reduce((sum, { points }) => sum + points, 0);
      return {
        probability: probabilityOf(logOdds),
        points: pointsOfLogOdds(scale, logOdds),
        bank: pointsOf(true),
        partners: pointsOf(false),
        reasons: strongest(pointsBy, job.me),
      };
    },
  };
}

const bytesOf = (splits: number) => Math.ceil(splits / 8);

/** Which own splits send a row left, by its bins of `partingFeatures`. */
function ownSides(model: TreeModel): (bins: ArrayLike<number>) => boolean[] {
  const places = new Map(partingFeatures(model).map((name, at) => [name, at]));
  const splits = model.splits.map((split) => ({
    split,
    place: places.get(split.feature)!,
    values: shapeOf(model.features[split.feature]!.bins).values,
  }));
  return (bins) => splits.map(({ split, place, values }) => isLeft(split, bins[place]!, values));
}

function leafOf(values: ReadonlyMap<number, number>, goesLeft: (node: number) => boolean): number {
  let node = 0;
  for (let value = values.get(node); ; value = values.get(node)) {
    if (value !== undefined) return value;
    node = goesLeft(node) ? leftOf(node) : rightOf(node);
  }
}

interface PartyFeature {
  readonly party: string;
  readonly feature: string;
}

/** Features of all parties, each with a number. */
function numbered(branches: readonly PartyFeature[]) {
  const keyOf = (party: string, feature: string) => `${party}/${feature}`;
  const found = new Map(branches.map(({ party, feature }) => [keyOf(party, feature), { party, feature }]));
  const numbers = new Map([...found.keys()].map((key, at) => [key, at]));
  return {
    list: [...found.values()] as readonly PartyFeature[],
    at: (party: string, feature: string) => numbers.get(keyOf(party, feature))!,
  };
}

function strongest(
  features: readonly (PartyFeature & { readonly points: number })[],
  me: string,
): ScoreReason[] {
  return features
    .filter(({ points }) => points < 0)
    .sort((a, b) => a.points - b.points || (a.feature < b.feature ? -1 : 1))
    .slice(0, shownReasons)
    .map(({ party, feature, points }) => ({
      feature,
      ...(party !== me && { partner: party }),
      pointsLost: -points,
    }));
}

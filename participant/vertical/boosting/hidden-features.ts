import { hkdfSync } from 'node:crypto';
import type { BinnedFeatures, Monotone } from '../../../learning/index.js';
import { Recent } from '../recent.js';
import type { StepWork } from '../step-work.js';
import { type TreeRows, treeRows } from './tree-rows.js';

/** A feature holder's features as the label holder knows them: numbers for names, each in one of two directions. */
export interface HiddenFeatures {
  readonly rows: TreeRows;
  /** Which own feature stands under each number. */
  readonly order: readonly number[];
  /** Whether the bins under a number fall with the feature's values. */
  readonly falling: readonly boolean[];
  /** In that order and direction. */
  readonly features: BinnedFeatures;
  readonly monotone: readonly Monotone[];
}

const recent = new Recent<HiddenFeatures>(4);

/** The same after a restart: order and directions follow from the secret of the job. */
export function hiddenFeatures(work: StepWork): Promise<HiddenFeatures> {
  return recent.get(`${work.jobId} ${work.me}`, () => hide(work));
}

export function forgetHidden(jobId: string): void {
  recent.forget(`${jobId} `);
}

async function hide(work: StepWork): Promise<HiddenFeatures> {
  const rows = await treeRows(work);
  const { values, bins } = rows.features;
  const count = rows.features.rows;
  const draw = drawer(work);
  const order = [...values.keys()];
  for (let last = order.length - 1; last > 0; last--) {
    const other = draw.below(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  const falling = order.map(() => draw.below(2) === 1);
  const hidden = new Uint8Array(bins.length);
  order.forEach((own, feature) => {
    const column = bins.subarray(own * count, (own + 1) * count);
    const last = values[own]!;
    const turned = falling[feature]! ? column.map((bin) => (bin < last ? last - 1 - bin : bin)) : column;
    hidden.set(turned, feature * count);
  });
  return {
    ...{ rows, order, falling },
    features: { rows: count, values: order.map((own) => values[own]!), bins: hidden },
    monotone: order.map((own, feature) => {
      const of = rows.monotone[own]!;
      return falling[feature]! ? ((0 - of) as Monotone) : of;
    }),
  };
}

/** Draws from the secret of the job; a bias of bound · 2^-32 tells nobody an order. */
function drawer({ jobSecret, rosterDigest }: StepWork) {
  let drawn = 0;
  return {
    below(bound: number): number {
      const info = `fedrisk/v1/tree-features/${drawn++}`;
      const word = new DataView(hkdfSync('sha256', jobSecret.reveal(), rosterDigest, info, 4)).getUint32(0);
      return Math.floor((word / 2 ** 32) * bound);
    },
  };
}

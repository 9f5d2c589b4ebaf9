import { CodedError, type VerticalSpec, type VerticalSpecOf } from '../../contract/index.js';
import {
  assignBins,
  assignedNumbers,
  type Column,
  categoryBins,
  type FeatureBins,
  type FeatureTable,
  fineCutting,
} from '../../learning/index.js';

/** A job that bins features. */
export type BinningSpec = VerticalSpecOf<'training'> | VerticalSpecOf<'binning'>;

/** Features in the order that all parties use: by name in code units. */
export function featureNames(spec: BinningSpec, party: string): string[] {
  return Object.keys(spec.parties[party as keyof typeof spec.parties]!.features).sort();
}

export function binningSpec({ spec }: { readonly spec: VerticalSpec }): BinningSpec {
  if (spec.type === 'scoring' || spec.type === 'boosting') {
    throw new CodedError('INTERNAL', `a ${spec.type} job has no bins with WOE`);
  }
  return spec;
}

/** One column of a table at the given rows. */
export function columnAt(table: FeatureTable, name: string, rows: Uint32Array): Column {
  const numbers = table.numbers.get(name);
  if (numbers !== undefined) return gathered(numbers, rows, new Float64Array(rows.length));
  const { codes, levels } = table.categories.get(name)!;
  return { levels, codes: gathered(codes, rows, new Int32Array(rows.length)) };
}

/** A loop: `from` with a function takes 20 times as long, and there are hundreds of columns. */
function gathered<T extends Float64Array | Int32Array>(values: T, rows: Uint32Array, target: T): T {
  for (let at = 0; at < rows.length; at++) target[at] = values[rows[at]!]!;
  return target;
}

/** Bins of a feature from its own training values, before any label is asked, and the bin of each value. */
export function fineBins(
  { binning }: BinningSpec,
  column: Column,
): { readonly bins: FeatureBins; readonly assigned: Uint8Array } {
  const { method, bins, levels, minimumShare } = binning;
  if (column instanceof Float64Array) {
    const cutting = method === 'quantile' ? ({ method, bins } as const) : fineCutting;
    return assignedNumbers(column, cutting, { minimumShare });
  }
  const own = categoryBins(column, { minimumShare, levels });
  return { bins: own, assigned: assignBins(column, own) };
}

/**
 * Most fine bins that a feature of any of these parties can have: known from the spec, so that the label holder can
 * encrypt labels at that distance before it knows the bins. Missing values have a bin; rare levels share one.
 */
export function mostBins(spec: BinningSpec, parties: readonly string[]): number {
  const { method, bins, levels } = spec.binning;
  const ofNumber = (method === 'quantile' ? bins : 20) + 1;
  const kinds = parties.flatMap((party) =>
    Object.values(spec.parties[party as keyof typeof spec.parties]!.features),
  );
  return Math.max(...kinds.map((kind) => (kind === 'number' ? ofNumber : levels + 2)));
}

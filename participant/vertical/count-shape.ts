import { type ProductShape, partOf, productParameters } from '../../crypto/matvec/index.js';
import { binningSpec, featureNames, mostBins } from './features.js';
import type { StepWork } from './step-work.js';

/** The label vector's shape: every holder's features at the largest number of bins the spec allows. */
export function labelShape(work: StepWork, rows: number): ProductShape {
  const spec = binningSpec(work);
  const holders = Object.keys(spec.parties).filter((name) => name !== spec.labelHolder);
  const most = mostBins(spec, holders);
  const features = holders.reduce((sum, holder) => sum + featureNames(spec, holder).length, 0);
  const bins = Array.from({ length: features }, () => most);
  return productParameters({
    rows,
    matrix: { form: 'histogram', bins },
    maxAbsVector: 1,
    learner: 'key-holder',
  }).shape;
}

/** One holder's product with that vector: its own features and bins, nothing else is opened. */
export function countShape(work: StepWork, rows: number, bins: readonly number[]): ProductShape {
  return partOf(labelShape(work, rows), bins);
}

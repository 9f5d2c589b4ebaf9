import type { StepName } from '../../contract/index.js';
import { blind, double, pledge, select } from './aligning.js';
import { answerWoe, sendCounts, sendLabels } from './binning.js';
import { sendBins, sendHistograms, sendSides } from './boosting/feature-holder.js';
import { finishTree, sendGradients, sendSplits } from './boosting/label-holder.js';
import { close, sendResult } from './closing.js';
import { prepareCounts } from './count-threads.js';
import { sendFineBins } from './fine-bins.js';
import { sendHop, sendOpenings, sendProducts, sendSpread, sendTerms } from './fitting.js';
import { checkKeys, sendKeys } from './keys.js';
import { sendParts } from './scoring.js';
import type { StepOutcome, StepWork } from './step-work.js';

type Performing = (work: StepWork) => Promise<StepOutcome>;

const steps: Readonly<Record<StepName, Performing>> = {
  keys: sendKeys,
  blind: (work) => checkKeys(work).then(() => blind(work)),
  pledge,
  double: (work) =>
    double(work).then((outcome) => {
      void prepareCounts(work);
      return outcome;
    }),
  select,
  labels: (work) => (work.me === work.spec.labelHolder ? sendLabels(work) : sendFineBins(work)),
  counts: sendCounts,
  woe: answerWoe,
  bins: (work) => checkKeys(work).then(() => sendBins(work)),
  gradients: sendGradients,
  histograms: sendHistograms,
  splits: sendSplits,
  sides: sendSides,
  tree: finishTree,
  terms: sendTerms,
  hop: sendHop,
  spread: sendSpread,
  products: sendProducts,
  openings: sendOpenings,
  parts: sendParts,
  result: sendResult,
  close,
};

/** One party's work in one step. Everything before its last line may be done again: nothing was sent yet. */
export function performStep(work: StepWork): Promise<StepOutcome> {
  return steps[work.step.name](work);
}

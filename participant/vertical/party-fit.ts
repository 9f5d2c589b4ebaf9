import { finishParty, type PartyModel } from '../../learning/index.js';
import type { OwnFeatures } from './binning.js';
import { binnedFeatures, fitMatrix, trainingSpec } from './fit-matrix.js';
import { stateAfter } from './fitting.js';
import type { StepWork } from './step-work.js';

/** This party's part of the model after the last iteration. */
export async function fittedParty(
  work: StepWork,
): Promise<{ readonly features: OwnFeatures; readonly fit: PartyModel }> {
  const { training } = trainingSpec(work);
  const { design, settings } = await fitMatrix(work);
  const state = await stateAfter(work, training.iterations);
  return { features: await binnedFeatures(work), fit: finishParty(design, state, settings) };
}

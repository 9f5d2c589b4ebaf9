import {
  meanPoints,
  ownReasons,
  pointsScale,
  type Reason,
  scorecard,
  strongestReasons,
} from '../../learning/index.js';
import type { VerticalModel } from '../vertical/model.js';
import { shownReasons } from './model-sides.js';

/**
 * Why a customer has fewer points than the mean training row, from the label holder's own features; what a partner's
 * features cost stays with the partner. `bins` in the order of the fit.
 */
export function reasonsOf(model: VerticalModel): (bins: ArrayLike<number>) => Reason[] {
  const { fit, features, scaling, calibration } = model;
  const slope = calibration?.slope ?? 1;
  const coefficients = fit.columns.map(({ name, coefficient }) => ({
    feature: name,
    coefficient: slope * coefficient,
    woe: features[name]!.woe,
  }));
  const card = scorecard(pointsScale(scaling!), undefined, coefficients);
  const shares = fit.columns.map(({ name }) => {
    const { rows } = features[name]!;
    const all = rows.reduce((sum, count) => sum + count, 0);
    return rows.map((count) => count / all);
  });
  const means = meanPoints(card, shares);
  return (bins) => strongestReasons([ownReasons(card, bins, means)], shownReasons);
}

import { join } from 'node:path';
import { writePrivateFile } from '../../crypto/identity/index.js';

/** Scores of a batch, row by row. */
export interface BatchScores {
  /** Customer ids as the label holder's source has them. */
  readonly ids: readonly string[];
  readonly probability: Float64Array;
  readonly points: Float64Array;
  /** Of a scorecard; trees do not part their points by party. */
  readonly ownPoints?: Float64Array;
  readonly partnerPoints?: Float64Array;
}

export const scoreFileName = 'scores.csv';

/** In the order of ids, which says nothing of the joint order; `*_points` are the parties' shares of `points`. */
export function writeScores(folder: string, scores: BatchScores): void {
  const order = Array.from(scores.ids.keys()).sort((a, b) => (scores.ids[a]! < scores.ids[b]! ? -1 : 1));
  const { ownPoints, partnerPoints } = scores;
  const lines = order.map((at) =>
    [
      quoted(scores.ids[at]!),
      scores.probability[at]!.toFixed(6),
      scores.points[at]!.toFixed(2),
      ...(ownPoints && partnerPoints ? [ownPoints[at]!.toFixed(2), partnerPoints[at]!.toFixed(2)] : []),
    ].join(','),
  );
  const header = `id,probability,points${ownPoints && partnerPoints ? ',own_points,partner_points' : ''}`;
  writePrivateFile(join(folder, scoreFileName), `${[header, ...lines].join('\n')}\n`);
}

/** RFC 4180 §2. */
function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';

/** Information value in words, as scorecard builders read it (Siddiqi 2006): the bound below which it is called so. */
const bands = [
  { name: 'useless', below: 0.02 },
  { name: 'weak', below: 0.1 },
  { name: 'medium', below: 0.3 },
  { name: 'strong', below: 0.5 },
  { name: 'suspect', below: Number.POSITIVE_INFINITY },
] as const;

/** useless, weak, medium, strong; `suspect` is too good to be true: look for leakage. */
export function valueWord(iv: number): string {
  return bands.find(({ below }) => iv < below)?.name ?? '-';
}

export interface FeatureValue {
  readonly party: string;
  readonly feature: string;
  /** Bins, the one for missing values included. */
  readonly bins: number;
  readonly iv: number;
}

const barColumns = 20;

/** Features by information value, the best first. */
export function valueTable(features: readonly FeatureValue[], palette: Palette): string {
  if (features.length === 0) return '';
  const most = Math.max(...features.map(({ iv }) => iv));
  const falling = [...features].sort((a, b) => b.iv - a.iv);
  return table(
    [
      { head: 'FEATURE', wraps: true },
      { head: 'PARTY', wraps: true },
      { head: 'BINS', align: 'right' },
      { head: 'IV', align: 'right' },
      { head: 'BAND', colour: bandColour(palette) },
      { head: '' },
    ],
    falling.map(({ party, feature, bins, iv }) => [
      feature,
      party,
      String(bins),
      iv.toFixed(4),
      valueWord(iv),
      '#'.repeat(most > 0 ? Math.round((iv / most) * barColumns) : 0),
    ]),
    palette,
  );
}

function bandColour(palette: Palette) {
  return (line: string, cell: string): string => {
    if (cell === 'suspect') return palette.bad(line);
    return cell === 'strong' || cell === 'medium' ? palette.good(line) : palette.faint(line);
  };
}

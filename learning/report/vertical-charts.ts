import type { Interval } from '../metrics/interval.js';
import type { LiftRow } from '../metrics/lift.js';
import type { ScoreGain } from '../scorecard/score-gain.js';
import { featureBars } from './feature-bars.js';
import { percent, score } from './figures.js';
import type { Markup } from './markup.js';
import { axisOf, bar, dot, figure, line, plotWidth, text } from './plot.js';
import type { VerticalReport } from './vertical-types.js';

/** Both models with their confidence intervals. */
export function gainChart(name: string, { joint, solo }: ScoreGain, pick: 'auc' | 'ks'): Markup {
  const rows: [string, Interval, string][] = [
    ['joint', joint[pick], 'line'],
    ['alone', solo[pick], 'level'],
  ];
  const all = rows.flatMap(([, { low, high }]) => [low, high]);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const margin = Math.max((high - low) * 0.1, 0.005);
  const x = axisOf([low - margin, high + margin], [52, plotWidth - 12]);
  const bottom = 104;
  const grid = x.ticks.flatMap((tick) => [
    line([x.at(tick), 8], [x.at(tick), bottom], 'grid'),
    text(x.at(tick), bottom + 15, tick.toFixed(2), 'middle'),
  ]);
  const marks = rows.flatMap(([who, interval, colour], at) => {
    const y = 38 + 44 * at;
    return [
      text(4, y + 4, who, 'start', colour),
      line([x.at(interval.low), y], [x.at(interval.high), y], colour, 'strong'),
      ...[interval.low, interval.high].map((end) =>
        line([x.at(end), y - 5], [x.at(end), y + 5], colour, 'strong'),
      ),
      dot(x.at(interval.value), y, colour),
      text(x.at(interval.value), y - 10, interval.value.toFixed(4), 'middle', colour),
    ];
  });
  const words = rows.map(
    ([who, one]) => `${who} ${score(one.value)}, interval ${score(one.low)} to ${score(one.high)}`,
  );
  return figure(`${name} on held-out customers, 95 % intervals`, words.join('; '), 128, [...grid, ...marks]);
}

/** Information values, the best first, each in the colour of its party. */
export function valueChart({ features, parties }: Pick<VerticalReport, 'features' | 'parties'>): Markup {
  return featureBars(
    'Information value',
    features.map(({ party, feature, iv }) => ({ party, feature, value: iv })),
    parties.map(({ name }) => name),
    { least: 0.1, words: (iv) => iv.toFixed(3) },
  );
}

/** Bad rate of each score band, the best band first, against that of all. */
export function bandChart({ bands, bad, rows }: ScoreGain): Markup {
  const [left, right, top, bottom] = [40, plotWidth - 8, 14, 186];
  const y = axisOf([0, Math.max(...bands.map(({ badRate }) => badRate)) * 1.08], [bottom, top]);
  const slot = (right - left) / bands.length;
  const grid = y.ticks.flatMap((tick) => [
    line([left, y.at(tick)], [right, y.at(tick)], 'grid'),
    text(left - 5, y.at(tick) + 4, percent(tick, 0), 'end'),
  ]);
  const bars = bands.flatMap(({ badRate, from }, at) => [
    bar(left + slot * at + 2, y.at(badRate), slot - 4, bottom - y.at(badRate), 'line'),
    text(left + slot * (at + 0.5), bottom + 14, String(Math.round(from)), 'middle'),
  ]);
  const overall = bad / rows;
  return figure(
    'Bad rate by score band',
    bands.map(({ from, badRate }) => `from ${Math.round(from)} points ${percent(badRate, 1)}`).join('; '),
    224,
    [
      ...grid,
      ...bars,
      line([left, y.at(overall)], [right, y.at(overall)], 'level', 'dashed'),
      text(left + 4, y.at(overall) - 5, `all ${percent(overall, 1)}`, 'start', 'level'),
      text((left + right) / 2, bottom + 32, 'lowest points of the band', 'middle'),
    ],
  );
}

/** Predicted against observed bad rates by tenths of the ranking; on the diagonal they agree. */
export function calibrationChart(lift: readonly LiftRow[]): Markup {
  const most = Math.max(...lift.flatMap(({ badRate, meanProbability }) => [badRate, meanProbability]), 0.01);
  const [left, right, top, bottom] = [40, plotWidth - 12, 10, 186];
  const x = axisOf([0, most * 1.05], [left, right]);
  const y = axisOf([0, most * 1.05], [bottom, top]);
  const grid = y.ticks.flatMap((tick) => [
    line([left, y.at(tick)], [right, y.at(tick)], 'grid'),
    text(left - 5, y.at(tick) + 4, percent(tick, 0), 'end'),
    // Both axes begin at 0, which one of them says.
    ...(tick > 0 ? [text(x.at(tick), bottom + 14, percent(tick, 0), 'middle')] : []),
  ]);
  return figure(
    'Calibration: observed bad rate over predicted probability',
    lift
      .map((row) => `predicted ${percent(row.meanProbability, 1)}, observed ${percent(row.badRate, 1)}`)
      .join('; '),
    224,
    [
      ...grid,
      line([x.at(0), y.at(0)], [x.at(most), y.at(most)], 'level', 'dashed'),
      ...lift.map((row) => dot(x.at(row.meanProbability), y.at(row.badRate), 'line')),
      text((left + right) / 2, bottom + 32, 'predicted', 'middle'),
    ],
  );
}

import type { LineSpec } from './chart.js';
import { score } from './figures.js';
import { type Column, type Markup, table } from './markup.js';
import type { CoursePoint } from './trees-types.js';
import type { MeasuredModel } from './vertical-types.js';

/** Curves over trees or rounds, those that nobody knows left out. `used`: the one that is kept. `alone`: a model to compare with on the same rows. */
export function courseCharts(
  course: readonly CoursePoint[],
  used: number,
  { axis, alone }: { readonly axis: 'tree' | 'round'; readonly alone?: MeasuredModel | undefined },
): LineSpec[] {
  const chart = (
    title: string,
    pick: (tree: CoursePoint) => number | undefined,
    level?: LineSpec['level'],
  ): LineSpec => {
    const points = course.map((tree, at) => ({ round: at + 1, value: pick(tree) ?? null }));
    const [first, last] = [points[0], points[used - 1]];
    return {
      ...{ title, axis, points },
      description: `from ${score(first?.value ?? null)} after the first to ${score(last?.value ?? null)} after ${axis} ${used}`,
      ...(level && { level }),
    };
  };
  const levelOf = (pick: 'auc' | 'ks') =>
    alone && { name: 'own features alone', value: alone.metrics[pick], named: 'end' as const };
  return [
    chart('Log-loss of training customers', ({ trainingLoss }) => trainingLoss),
    chart('Log-loss of validation customers', ({ validationLoss }) => validationLoss),
    chart('AUC on held-out customers', ({ auc }) => auc, levelOf('auc')),
    chart('KS on held-out customers', ({ ks }) => ks, levelOf('ks')),
  ].filter(({ points }) => points.some(({ value }) => value !== null));
}

/** A long course is told by every so many trees: the pictures show the rest. */
const mostRows = 25;

export function courseTable<Point extends CoursePoint>(
  course: readonly Point[],
  used: number,
  axis: 'tree' | 'round',
  more: readonly Column<Point>[] = [],
): Markup {
  const all = course.map((point, at) => ({ point, number: at + 1 }));
  const every = Math.ceil(all.length / mostRows);
  const shown = all.filter(
    ({ number }) => every === 1 || number === 1 || number % every === 0 || number === used,
  );
  const value = (
    title: string,
    pick: (point: Point) => number | undefined,
  ): Column<(typeof all)[number]> => ({
    ...{ title, numeric: true },
    cell: ({ point }) => score(pick(point) ?? null),
  });
  return table<(typeof all)[number]>(
    `${every === 1 ? `Every ${axis}` : `One ${axis} in ${every}`}, and the model after it`,
    [
      { title: axis === 'tree' ? 'Tree' : 'Round', cell: ({ number }) => number },
      value('AUC', ({ auc }) => auc),
      value('KS', ({ ks }) => ks),
      value('Training loss', ({ trainingLoss }) => trainingLoss),
      ...(axis === 'tree' ? [value('Validation loss', ({ validationLoss }) => validationLoss)] : []),
      ...more.map(({ cell, ...column }) => ({
        ...column,
        cell: ({ point }: (typeof all)[number]) => cell(point),
      })),
    ],
    shown,
    ({ number }) => number === used,
  );
}

import { fields, page, paragraph } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { type Column, table } from '../text/table.js';
import { formatCount } from '../text/units.js';
import type { JointTreePoint, TreeCourse, TreePoint } from '../vertical-models.js';
import { shortJobId } from './state.js';

const right = (head: string): Column => ({ head, align: 'right' });

/** Trees one by one, as this node knows them. */
export function treePage(course: TreeCourse, palette: Palette): string {
  const { jobId, finished, trees, used } = course;
  const points = trees.filter((tree): tree is TreePoint => 'partnerSplits' in tree);
  const joint = trees.filter((tree): tree is JointTreePoint => 'splits' in tree);
  const grown = `${formatCount(trees.length)}${finished ? '' : ' so far'}`;
  return page(
    fields(
      [
        ['job', jobId, palette.strong],
        ['trees', used === undefined || used === trees.length ? grown : `${grown}, of which ${used} score`],
      ],
      palette,
    ),
    tableOf(points, joint, trees, palette),
    paragraph(wordsOn(points, joint, jobId)),
  );
}

function tableOf(
  points: readonly TreePoint[],
  joint: readonly JointTreePoint[],
  trees: TreeCourse['trees'],
  palette: Palette,
): string {
  if (joint.length > 0) {
    return pointTable(joint, [right('SPLITS')], ({ splits }) => [String(splits)], palette);
  }
  if (points.length === 0) return splitTable(trees, palette);
  return pointTable(
    points,
    [right('OWN'), right("PARTNERS'")],
    ({ ownSplits, partnerSplits }) => [String(ownSplits), String(partnerSplits)],
    palette,
  );
}

function wordsOn(points: readonly TreePoint[], joint: readonly JointTreePoint[], jobId: string): string {
  if (joint.length > 0) {
    return 'Mean log-losses of training and validation customers; AUC and KS are of the model after the tree, on held-out customers: all of all participants together, and the same at each of them.';
  }
  return points.length > 0
    ? "Splits on own and on partners' features; mean log-losses of training and validation customers; AUC and KS are of the model after the tree, on held-out customers. All stay at this node."
    : `Splits of own features. The label holder of ${shortJobId(jobId)} knows the rest.`;
}

function pointTable<Point extends TreePoint | JointTreePoint>(
  points: readonly Point[],
  heads: readonly Column[],
  splitsOf: (point: Point) => string[],
  palette: Palette,
): string {
  const stops = points.some(({ validationLoss }) => validationLoss !== undefined);
  return table(
    [
      right('TREE'),
      { head: 'NODES BY LEVEL', wraps: true },
      ...heads,
      right('TRAINING'),
      ...(stops ? [right('VALIDATION')] : []),
      right('AUC'),
      right('KS'),
    ],
    points.map((point, at) => [
      String(at + 1),
      point.nodes.join(' '),
      ...splitsOf(point),
      digits(point.trainingLoss),
      ...(stops ? [digits(point.validationLoss)] : []),
      digits(point.auc),
      digits(point.ks),
    ]),
    palette,
  );
}

function splitTable(trees: TreeCourse['trees'], palette: Palette): string {
  return table(
    [right('TREE'), right('OWN SPLITS')],
    trees.map((tree, at) => [String(at + 1), 'ownSplits' in tree ? String(tree.ownSplits) : '-']),
    palette,
  );
}

const digits = (value: number | undefined) => value?.toFixed(4) ?? '-';

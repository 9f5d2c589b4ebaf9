import { fields, page, paragraph } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { type Column, table } from '../text/table.js';
import { formatCount } from '../text/units.js';
import type { TreeCourse, TreePoint } from '../vertical-models.js';
import { shortJobId } from './state.js';

const right = (head: string): Column => ({ head, align: 'right' });

/** Trees one by one, as this node knows them. */
export function treePage(course: TreeCourse, palette: Palette): string {
  const { jobId, finished, trees, used } = course;
  const points = trees.filter((tree): tree is TreePoint => 'nodes' in tree);
  const grown = `${formatCount(trees.length)}${finished ? '' : ' so far'}`;
  return page(
    fields(
      [
        ['job', jobId, palette.strong],
        ['trees', used === undefined || used === trees.length ? grown : `${grown}, of which ${used} score`],
      ],
      palette,
    ),
    points.length > 0 ? pointTable(points, palette) : splitTable(trees, palette),
    paragraph(
      points.length > 0
        ? "Splits on own and on partners' features; mean log-losses of training and validation customers; AUC and KS are of the model after the tree, on held-out customers. All stay at this node."
        : `Splits of own features. The label holder of ${shortJobId(jobId)} knows the rest.`,
    ),
  );
}

function pointTable(points: readonly TreePoint[], palette: Palette): string {
  const stops = points.some(({ validationLoss }) => validationLoss !== undefined);
  return table(
    [
      right('TREE'),
      { head: 'NODES BY LEVEL', wraps: true },
      right('OWN'),
      right("PARTNERS'"),
      right('TRAINING'),
      ...(stops ? [right('VALIDATION')] : []),
      right('AUC'),
      right('KS'),
    ],
    points.map(({ nodes, ownSplits, partnerSplits, trainingLoss, validationLoss, auc, ks }, at) => [
      String(at + 1),
      nodes.join(' '),
      String(ownSplits),
      String(partnerSplits),
      trainingLoss.toFixed(4),
      ...(stops ? [digits(validationLoss)] : []),
      digits(auc),
      digits(ks),
    ]),
    palette,
  );
}

function splitTable(trees: TreeCourse['trees'], palette: Palette): string {
  return table(
    [right('TREE'), right('OWN SPLITS')],
    trees.map(({ ownSplits }, at) => [String(at + 1), String(ownSplits)]),
    palette,
  );
}

const digits = (value: number | undefined) => value?.toFixed(4) ?? '-';

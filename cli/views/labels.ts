import type { LabelRelease, LabelSet } from '../participant-door.js';
import { fields, page } from '../text/layout.js';
import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';
import { formatCount, formatTime } from '../text/units.js';
import { shortJobId } from './state.js';

/** Label sets, each with its account. */
export function labelPage(sets: readonly LabelSet[], palette: Palette): string {
  if (sets.length === 0) return 'No dataset of this node has a label, and none was told of.';
  return page(...sets.flatMap((set) => [account(set, palette), releaseTable(set.releases, palette)]));
}

function account({ dataset, labels, budget, spent, problem, releases }: LabelSet, palette: Palette): string {
  const left = budget === undefined ? 0 : budget - spent;
  const last = releases.at(-1)?.budget ?? Number.POSITIVE_INFINITY;
  return fields(
    [
      ['label set', dataset, palette.strong],
      ['labels', labels === undefined ? '' : `${formatCount(labels.rows)}, ${formatCount(labels.bad)} bad`],
      ['not counted', problem === undefined ? '' : `${problem.code}: ${problem.detail}`, palette.bad],
      ['budget', budget === undefined ? '' : `${formatCount(budget)} functionals in its life`],
      ['released', formatCount(spent)],
      ['left', budget === undefined ? '' : leftWords(left), left < 0 ? palette.bad : palette.strong],
      ['of the last job', budget === undefined || last >= budget ? '' : narrower(last, spent)],
    ],
    palette,
  );
}

/** A job over fewer rows than there are labels has the smaller budget of these. */
function narrower(budget: number, spent: number): string {
  return `budget ${formatCount(budget)} by the rows it trained on: another like it has ${leftWords(budget - spent)}`;
}

function leftWords(left: number): string {
  return left < 0 ? `none; ${formatCount(-left)} beyond the budget` : formatCount(left);
}

function releaseTable(releases: readonly LabelRelease[], palette: Palette): string {
  if (releases.length === 0) return 'Nothing was released of it.';
  const waived = releases.some(({ waiver }) => waiver !== '');
  return table(
    [
      { head: 'WHEN' },
      { head: 'JOB' },
      { head: 'TOLD TO', wraps: true },
      { head: 'FOR' },
      { head: 'FUNCTIONALS', align: 'right' },
      ...(waived ? [{ head: 'WAIVER', wraps: true as const }] : []),
    ],
    releases.map(({ atMs, jobId, holder, kind, functionals, waiver }) => [
      formatTime(atMs).slice(0, 10),
      shortJobId(jobId),
      holder,
      kind,
      formatCount(functionals),
      ...(waived ? [waiver || '-'] : []),
    ]),
    palette,
  );
}

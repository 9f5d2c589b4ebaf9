import {
  CodedError,
  hinted,
  horizontalSpec,
  type VerticalPhase,
  verticalPhases,
} from '../../contract/index.js';
import type { JobsClient, RoundView } from '../client.js';
import { resolveJobId } from '../job-reference.js';
import { jointTreePage } from '../views/joint-tree.js';
import { roundPage, roundTable } from '../views/round.js';
import { shortJobId } from '../views/state.js';
import type { CommandGroup } from './command.js';

export function addRounds(top: CommandGroup): void {
  const rounds = top.group(
    'rounds',
    'Inspect the rounds of a job, or the phases of a vertical one: times, bytes, keys, checks',
    'fedrisk rounds list job-1a2b3c4d5e6f',
  );
  rounds.add<[string]>('list <job>', {
    summary: 'List the rounds of a job: sums of a horizontal one, phases and iterations of a vertical one',
    examples: ['fedrisk rounds list job-1a2b3c4d5e6f'],
    run: (invocation, job) =>
      invocation.ask(async (client) => {
        const views = await client.rounds(await resolveJobId(client, job));
        return { data: { rounds: views }, text: roundTable(views, invocation.palette) };
      }),
  });
  rounds.add<[string, string | undefined, { sum?: string }]>('show <job> [round]', {
    summary:
      'Show a round in full, a tree with all its levels: by number, by phase of a vertical job, or by --sum',
    examples: [
      'fedrisk rounds show job-1a2b3c4d5e6f 3',
      'fedrisk rounds show job-1a2b3c4d5e6f aligning',
      'fedrisk rounds show job-1a2b3c4d5e6f --sum 0 --json',
    ],
    shape: (command) => command.option('--sum <number>', 'number in the first column of rounds list, from 0'),
    run: async (invocation, job, round, { sum }) => {
      const which = chosen(round, sum);
      return invocation.ask(async (client) => {
        const jobId = await resolveJobId(client, job);
        const view =
          'phase' in which
            ? await roundOfPhase(client, jobId, which.phase)
            : await client.round(jobId, which);
        if ('round' in which && view.level > 0) {
          const levels = await levelsOf(client, jobId, view);
          const spec = horizontalSpec.parse(JSON.parse((await client.get(jobId)).specJson));
          return { data: { round: view, levels }, text: jointTreePage(levels, spec, invocation.palette) };
        }
        return { data: { round: view }, text: roundPage(view, invocation.palette) };
      });
    },
  });
}

type Chosen = { readonly round: number } | { readonly sum: number } | { readonly phase: VerticalPhase };

function chosen(round: string | undefined, sum: string | undefined): Chosen {
  if (round !== undefined && sum !== undefined) {
    throw new CodedError('CONFIG_INVALID', 'give either a round or --sum, not both');
  }
  if (sum !== undefined) return { sum: whole('--sum', sum, 0) };
  if (round === undefined) throw new CodedError('CONFIG_INVALID', 'give a round, from 1, or --sum NUMBER');
  const phase = verticalPhases.find((name) => name === round);
  if (phase !== undefined) return { phase };
  if (/^[a-z-]+$/i.test(round)) {
    const phases = verticalPhases.join(', ');
    throw new CodedError('CONFIG_INVALID', `ROUND: ${hinted(round, verticalPhases)} is none of ${phases}`);
  }
  return { round: whole('ROUND', round, 1) };
}

/** The phase of a vertical job; of the fit the latest iteration. @throws {CodedError} ROUND_UNKNOWN. */
async function roundOfPhase(client: JobsClient, jobId: string, phase: VerticalPhase): Promise<RoundView> {
  const found = (await client.rounds(jobId)).filter(({ purpose }) => purpose === phase).at(-1);
  if (found) return found;
  throw new CodedError('ROUND_UNKNOWN', `${shortJobId(jobId)} has not reached a phase ${phase}`);
}

/** All levels of a tree that were summed so far: the sums behind that of its first level. */
async function levelsOf(client: JobsClient, jobId: string, first: RoundView): Promise<RoundView[]> {
  const levels = [first];
  for (;;) {
    const next = await client.round(jobId, { sum: first.sum + levels.length }).catch((thrown: unknown) => {
      if (thrown instanceof CodedError && thrown.code === 'ROUND_UNKNOWN') return undefined;
      throw thrown;
    });
    if (next === undefined || next.round !== first.round || next.level === 0) return levels;
    levels.push(next);
  }
}

function whole(name: string, text: string, least: number): number {
  if (!/^\d{1,6}$/.test(text) || Number(text) < least) {
    throw new CodedError('CONFIG_INVALID', `${name}: "${text}" is not a whole number from ${least}`);
  }
  return Number(text);
}

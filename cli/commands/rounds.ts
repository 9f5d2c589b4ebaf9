import { CodedError } from '../../contract/index.js';
import { resolveJobId } from '../job-reference.js';
import { roundPage, roundTable } from '../views/round.js';
import type { CommandGroup } from './command.js';

export function addRounds(top: CommandGroup): void {
  const rounds = top.group(
    'rounds',
    'Inspect the rounds of a job: times, bytes, keys, checks, models',
    'fedrisk rounds list job-1a2b3c4d5e6f',
  );
  rounds.add<[string]>('list <job>', {
    summary: 'List the rounds of a job: statistics, training, evaluation',
    examples: ['fedrisk rounds list job-1a2b3c4d5e6f'],
    run: (invocation, job) =>
      invocation.ask(async (client) => {
        const views = await client.rounds(await resolveJobId(client, job));
        return { data: { rounds: views }, text: roundTable(views, invocation.palette) };
      }),
  });
  rounds.add<[string, string | undefined, { sum?: string }]>('show <job> [round]', {
    summary: 'Show a training round in full, or any secure sum of the job by --sum',
    examples: [
      'fedrisk rounds show job-1a2b3c4d5e6f 3',
      'fedrisk rounds show job-1a2b3c4d5e6f --sum 0 --json',
    ],
    shape: (command) =>
      command.option('--sum <number>', 'number of the secure sum, from 0, as rounds list shows'),
    run: async (invocation, job, round, { sum }) => {
      const which = chosen(round, sum);
      return invocation.ask(async (client) => {
        const view = await client.round(await resolveJobId(client, job), which);
        return { data: { round: view }, text: roundPage(view, invocation.palette) };
      });
    },
  });
}

function chosen(round: string | undefined, sum: string | undefined): { round: number } | { sum: number } {
  if (round !== undefined && sum !== undefined) {
    throw new CodedError('CONFIG_INVALID', 'give either a round or --sum, not both');
  }
  if (sum !== undefined) return { sum: whole('--sum', sum, 0) };
  if (round === undefined) throw new CodedError('CONFIG_INVALID', 'give a round, from 1, or --sum NUMBER');
  return { round: whole('ROUND', round, 1) };
}

function whole(name: string, text: string, least: number): number {
  if (!/^\d{1,6}$/.test(text) || Number(text) < least) {
    throw new CodedError('CONFIG_INVALID', `${name}: "${text}" is not a whole number from ${least}`);
  }
  return Number(text);
}

import { CodedError, hinted } from '../../contract/index.js';
import type { Invocation } from '../invocation.js';
import { resolveJobId } from '../job-reference.js';
import { jobPage, jobTable } from '../views/job.js';
import { shortJobId } from '../views/state.js';
import type { CommandGroup } from './command.js';

const states = [
  'awaiting-consent',
  'keying',
  'preparing',
  'running',
  'evaluating',
  'aligning',
  'binning',
  'fitting',
  'scoring',
  'finished',
  'failed',
  'cancelled',
];

export function addInspectCommands(jobs: CommandGroup): void {
  jobs.add<[{ state?: string; limit: string }]>('list', {
    summary: 'List jobs, newest first',
    examples: ['fedrisk jobs list', 'fedrisk jobs list --state running --json'],
    shape: (command) =>
      command
        .option('--state <state>', `only jobs in this state: ${states.join(', ')}`)
        .option('--limit <count>', 'at most this many, 1 to 1000', '50'),
    run: list,
  });
  jobs.add<[string]>('show <job>', {
    summary: 'Show a job: state, who it waits for, participants, metrics, IV',
    examples: ['fedrisk jobs show job-1a2b3c4d5e6f'],
    run: (invocation, job) =>
      invocation.ask(async (client) => {
        const { job: view, specJson } = await client.get(await resolveJobId(client, job));
        return {
          data: { job: view, spec: parsedSpec(specJson) },
          text: jobPage(view, invocation.runtime.clock.now(), invocation.palette),
        };
      }),
  });
  jobs.add<[string, { reason: string }]>('cancel <job>', {
    summary: 'Stop a job for everybody in it',
    examples: ['fedrisk jobs cancel job-1a2b3c4d5e6f --reason "wrong dataset"'],
    shape: (command) =>
      command.option('--reason <sentence>', 'why; everybody in the job sees it', 'no reason given'),
    run: (invocation, job, { reason }) =>
      invocation.ask(async (client) => {
        const jobId = await resolveJobId(client, job);
        await client.cancel(jobId, reason);
        return { data: { jobId }, text: `${shortJobId(jobId)} is cancelled` };
      }),
  });
}

async function list(invocation: Invocation, { state = '', limit }: { state?: string; limit: string }) {
  if (state !== '' && !states.includes(state)) {
    throw new CodedError(
      'CONFIG_INVALID',
      `--state: ${hinted(state, states)} is none of ${states.join(', ')}`,
    );
  }
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > 1000) {
    throw new CodedError('CONFIG_INVALID', `--limit: "${limit}" is not a number from 1 to 1000`);
  }
  return invocation.ask(async (client) => {
    const jobs = await client.list(state, Number(limit));
    return { data: { jobs }, text: jobTable(jobs, invocation.palette, state) };
  });
}

function parsedSpec(specJson: string): unknown {
  try {
    return JSON.parse(specJson);
  } catch (thrown) {
    throw new CodedError('MESSAGE_MALFORMED', 'the coordinator sent a job spec that is not JSON', {
      cause: thrown,
    });
  }
}

import type { Invocation } from '../invocation.js';
import { onlyJob } from '../job-reference.js';
import { approvalPage } from '../views/node.js';
import { shortJobId } from '../views/state.js';
import type { CommandGroup } from './command.js';

export function addApprovals(participant: CommandGroup): void {
  const approvals = participant.group(
    'approvals',
    'Jobs that wait for a person of this participant',
    'fedrisk participant approvals list',
  );
  approvals.add<[{ all?: true }]>('list', {
    summary: 'List jobs to judge: purpose, peers, features, rounds, what is released',
    examples: ['fedrisk participant approvals list'],
    shape: (command) => command.option('--all', 'also those that were answered'),
    run: async (invocation, { all }) => {
      const { listApprovals } = await invocation.runtime.doors.participant();
      const rows = await listApprovals(await invocation.order());
      const shown = all ? rows : rows.filter(({ answer }) => answer === 'asked');
      return {
        data: { approvals: shown },
        text: approvalPage(shown, invocation.runtime.clock.now(), invocation.palette),
      };
    },
  });
  approvals.add<[string]>('approve <job>', {
    summary: 'Let this node take part in a job',
    examples: ['fedrisk participant approvals approve job-1a2b3c4d5e6f'],
    run: async (invocation, job) => {
      const { approve } = await invocation.runtime.doors.participant();
      const jobId = await askedJob(invocation, job);
      await approve({ ...(await invocation.order()), jobId });
      return { data: { jobId, answer: 'approved' }, text: `${shortJobId(jobId)} is approved` };
    },
  });
  approvals.add<[string, { reason: string }]>('refuse <job>', {
    summary: 'Refuse a job; the submitter reads the reason',
    examples: [
      'fedrisk participant approvals refuse job-1a2b3c4d5e6f \\\n      --reason "purpose not agreed"',
    ],
    shape: (command) => command.requiredOption('--reason <sentence>', 'why; goes to the submitter'),
    run: async (invocation, job, { reason }) => {
      const { refuse } = await invocation.runtime.doors.participant();
      const jobId = await askedJob(invocation, job);
      await refuse({ ...(await invocation.order()), jobId, reason });
      return { data: { jobId, answer: 'refused' }, text: `${shortJobId(jobId)} is refused` };
    },
  });
}

/** The waiting job whose id begins so. */
async function askedJob(invocation: Invocation, text: string): Promise<string> {
  const { listApprovals } = await invocation.runtime.doors.participant();
  const rows = await listApprovals(await invocation.order());
  return onlyJob(
    text,
    rows.filter(({ answer }) => answer === 'asked'),
    'JOB_UNKNOWN',
  ).jobId;
}

import { labelPage } from '../views/labels.js';
import type { CommandGroup } from './command.js';

export function addLabels(top: CommandGroup): void {
  top.add<[string | undefined]>('labels [dataset]', {
    summary: 'Show what labels of this node told others in vertical jobs, and what is left of their budget',
    examples: ['fedrisk labels', 'fedrisk labels loans --json'],
    run: async (invocation, dataset) => {
      const { listLabels } = await invocation.runtime.doors.participant();
      const sets = await listLabels({
        ...(await invocation.order()),
        ...(dataset !== undefined && { dataset }),
      });
      return { data: { labels: sets }, text: labelPage(sets, invocation.palette) };
    },
  });
}

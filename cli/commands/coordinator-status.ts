import { coordinatorPage } from '../views/coordinator.js';
import type { CommandGroup } from './command.js';

export function addCoordinatorStatus(coordinator: CommandGroup): void {
  coordinator.add<[]>('status', {
    summary:
      'Show this coordinator: uptime, store, sessions, jobs, who stalled jobs wait for, disk, certificates',
    examples: ['fedrisk coordinator status --home hub', 'fedrisk coordinator status --home hub --json'],
    run: async (invocation) => {
      const { coordinatorStatus } = await invocation.runtime.doors.coordinator();
      const status = await coordinatorStatus(await invocation.order());
      return {
        data: status,
        text: coordinatorPage(status, invocation.runtime.clock.now(), invocation.palette),
      };
    },
  });
}

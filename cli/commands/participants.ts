import { partyTable } from '../views/party.js';
import type { CommandGroup } from './command.js';

export function addParticipants(top: CommandGroup): void {
  const participants = top.group(
    'participants',
    'The directory: who is enrolled at the coordinator',
    'fedrisk participants list',
  );
  participants.add<[]>('list', {
    summary: 'List enrolled parties and who is connected',
    examples: ['fedrisk participants list', 'fedrisk participants list --json'],
    run: (invocation) =>
      invocation.ask(async (client) => {
        const parties = await client.parties();
        return { data: { parties }, text: partyTable(parties, invocation.palette) };
      }),
  });
}

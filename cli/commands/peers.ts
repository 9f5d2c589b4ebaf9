import type { Invocation } from '../invocation.js';
import type { Outcome } from '../output.js';
import { peerTable } from '../views/node.js';
import type { CommandGroup } from './command.js';

interface TrustOptions {
  readonly key: string;
  readonly organisation: string;
  readonly replace?: true;
}

export function addPeers(participant: CommandGroup): void {
  const peers = participant.group(
    'peers',
    'Identity keys of the others: a job runs only with pinned peers',
    'fedrisk participant peers list',
  );
  peers.add<[]>('list', {
    summary: 'List peers in the directory and which keys are pinned here',
    examples: ['fedrisk participant peers list'],
    run: async (invocation) => {
      const { listPeers } = await invocation.runtime.doors.participant();
      const rows = await listPeers({ ...(await invocation.order()), ...invocation.dial });
      return { data: { peers: rows }, text: peerTable(rows, invocation.palette) };
    },
  });
  peers.add<[string, TrustOptions]>('trust <name>', {
    summary: 'Pin the identity key of NAME, compared with NAME by another way than the coordinator',
    examples: [
      'fedrisk participant peers trust bank-b --organisation "Bank B" \\\n      --key "5f3c 91aa 07be 4d12"',
    ],
    shape: (command) =>
      command
        .requiredOption(
          '--key <hex>',
          'key that NAME told you by telephone or mail, at least 16 digits of it',
        )
        .requiredOption('--organisation <name>', 'legal entity of NAME, as you know it')
        .option('--replace', 'accept another key than the one pinned before'),
    run: trust,
  });
}

async function trust(invocation: Invocation, name: string, options: TrustOptions): Promise<Outcome> {
  const { trustPeer } = await invocation.runtime.doors.participant();
  const peer = await trustPeer({
    ...(await invocation.order()),
    ...invocation.dial,
    name,
    key: options.key,
    organisation: options.organisation,
    ...(options.replace && { replace: true }),
  });
  return {
    data: { peer },
    text: `${peer.name} of ${peer.organisation} is pinned with key\n${peer.identityKey}`,
  };
}

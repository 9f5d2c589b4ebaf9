import type { LogLevel } from '../doors.js';
import type { Invocation } from '../invocation.js';
import type { Outcome } from '../output.js';
import { untilInterrupted } from '../running.js';
import { statusPage } from '../views/node.js';
import { addApprovals } from './approvals.js';
import { type CommandGroup, logLevelOption, metricsOption, metricsWords } from './command.js';
import { addDomain } from './domain.js';
import { addEnroll } from './enroll.js';
import { addPeers } from './peers.js';

interface StartOptions {
  readonly logLevel: LogLevel;
  readonly metrics?: string;
  readonly plaintext?: true;
}

export function addParticipant(top: CommandGroup): void {
  const participant = top.group(
    'participant',
    'Run a bank or platform node: identity, peers, data, policy, approvals, models',
    'fedrisk participant start --home my-node',
  );
  addEnroll(participant, 'participant', 'fedrisk participant peers list');
  participant.add<[StartOptions]>('start', {
    summary: 'Take part in jobs until SIGINT or SIGTERM; unfinished jobs go on where they were',
    examples: ['fedrisk participant start --home my-node'],
    shape: (command) =>
      command
        .addOption(metricsOption())
        .addOption(logLevelOption())
        .option('--plaintext', 'for tests: take part in jobs without encryption; loopback only'),
    run: start,
  });
  participant.add<[]>('status', {
    summary: 'Show this node: identity key for peers to compare, certificate, jobs',
    examples: ['fedrisk participant status --home my-node'],
    run: async (invocation) => {
      const { participantStatus } = await invocation.runtime.doors.participant();
      const status = await participantStatus(await invocation.order());
      return { data: status, text: statusPage(status, invocation.palette) };
    },
  });
  addPeers(participant);
  addApprovals(participant);
  addDomain(participant);
}

async function start(
  invocation: Invocation,
  { logLevel, metrics, plaintext }: StartOptions,
): Promise<Outcome> {
  const { startParticipant } = await invocation.runtime.doors.participant();
  const node = await startParticipant({
    ...(await invocation.order()),
    ...invocation.dial,
    logLevel,
    ...(metrics !== undefined && { metrics }),
    ...(plaintext && { plaintext }),
  });
  const { name, address } = node;
  const served = node.metrics === undefined ? {} : { metrics: node.metrics };
  invocation.emit(
    { event: 'started', name, address, ...served },
    `${name} started, dials ${address}${metricsWords(node)}`,
  );
  void node.connected.then(() =>
    invocation.emit({ event: 'connected', name, address }, `${name} is connected to ${address}`),
  );
  await untilInterrupted(invocation, node, 'participant');
  return { data: { event: 'stopped' }, text: `${name} stopped` };
}

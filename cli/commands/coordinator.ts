import { CodedError } from '../../contract/index.js';
import type { LogLevel } from '../doors.js';
import type { Invocation } from '../invocation.js';
import type { Outcome } from '../output.js';
import { untilInterrupted } from '../running.js';
import { fields, page, paragraph } from '../text/layout.js';
import { formatTime, parseDuration } from '../text/units.js';
import { partyTable } from '../views/party.js';
import { type CommandGroup, collect, logLevelOption, metricsOption, metricsWords } from './command.js';
import { addCoordinatorBackup } from './coordinator-backup.js';
import { addCoordinatorStatus } from './coordinator-status.js';

interface InitOptions {
  readonly name: string;
  readonly organisation: string;
  readonly host?: readonly string[];
  readonly port: string;
  readonly enrolmentPort: string;
  readonly store?: string;
}

interface InviteOptions {
  readonly organisation: string;
  readonly role: string;
  readonly ttl: string;
  readonly address?: string;
  readonly enrolmentAddress?: string;
}

interface StartOptions {
  readonly bind: string;
  readonly port?: string;
  readonly enrolmentPort?: string;
  readonly logLevel: LogLevel;
  readonly metrics?: string;
}

const mainPort = '7443';
const enrolmentPort = '7444';
const roles = ['bank', 'platform', 'scientist', 'operator', 'auditor'];

export function addCoordinator(top: CommandGroup): void {
  const coordinator = top.group(
    'coordinator',
    'Run a coordinator: certificate authority, invitations, server',
    'fedrisk coordinator start --home hub',
  );
  coordinator.add<[InitOptions]>('init', {
    summary: 'Make certificate authority, server key and operator identity in --home',
    examples: [
      'fedrisk coordinator init --home hub --name east-hub \\\n      --organisation "East Hub Ltd" --host hub.example --host 203.0.113.7',
    ],
    shape: (command) =>
      command
        .requiredOption('--name <name>', 'what people call this coordinator')
        .requiredOption('--organisation <name>', 'legal entity that runs it')
        .option(
          '--host <host>',
          'host name or IP address parties dial; repeatable, the first goes into tokens',
          collect,
        )
        .option('--port <port>', 'main port, mutual TLS', mainPort)
        .option(
          '--enrolment-port <port>',
          'enrolment port, the only one without client certificates',
          enrolmentPort,
        )
        .option(
          '--store <url>',
          'sqlite, or postgres://… that replicas share (default: FEDRISK_STORE, sqlite)',
        ),
    run: init,
  });
  coordinator.add<[string, InviteOptions]>('invite <name>', {
    summary: 'Print a single-use enrolment token for NAME, alone on stdout',
    examples: [
      'fedrisk coordinator invite bank-a --organisation "Bank A" \\\n      --role bank > bank-a.token',
      'fedrisk coordinator invite ann --organisation "Bank A" \\\n      --role scientist --ttl 24h',
    ],
    shape: (command) =>
      command
        .requiredOption('--organisation <name>', 'legal entity of NAME; stands in its certificate')
        .requiredOption('--role <role>', roles.join(', '))
        .option('--ttl <duration>', 'how long the token can be used, 1m to 30d', '72h')
        .option('--address <host:port>', 'where NAME dials the main port, when not as at init')
        .option(
          '--enrolment-address <host:port>',
          'where NAME dials the enrolment port, when not as at init',
        ),
    run: invite,
  });
  coordinator.add<[string, { reason: string }]>('revoke <name>', {
    summary: 'Revoke the certificate and open invitations of NAME, from its next call on',
    examples: ['fedrisk coordinator revoke bank-a --reason "key lost"'],
    shape: (command) => command.option('--reason <sentence>', 'why, for the log', 'no reason given'),
    run: async (invocation, name, { reason }) => {
      const { revokeParty } = await invocation.runtime.doors.coordinator();
      await revokeParty({ ...(await invocation.order()), name, reason });
      return { data: { name }, text: `${name} is revoked` };
    },
  });
  coordinator.add<[]>('parties', {
    summary: 'List who enrolled here, from the registry in --home',
    examples: ['fedrisk coordinator parties --home hub'],
    run: async (invocation) => {
      const { listParties } = await invocation.runtime.doors.coordinator();
      const parties = await listParties(await invocation.order());
      return { data: { parties }, text: partyTable(parties, invocation.palette) };
    },
  });
  coordinator.add<[StartOptions]>('start', {
    summary: 'Serve until SIGINT or SIGTERM; jobs go on where they were',
    examples: ['fedrisk coordinator start --home hub', 'fedrisk coordinator start --home hub --port 443'],
    shape: (command) =>
      command
        .option('--bind <address>', 'interface to listen on', '0.0.0.0')
        .option('--port <port>', 'main port; 0 takes a free one (default: that given to init)')
        .option('--enrolment-port <port>', 'enrolment port; 0 takes a free one (default: that given to init)')
        .addOption(metricsOption())
        .addOption(logLevelOption()),
    run: start,
  });
  addCoordinatorStatus(coordinator);
  addCoordinatorBackup(coordinator);
}

async function init(invocation: Invocation, options: InitOptions): Promise<Outcome> {
  const { initCoordinator } = await invocation.runtime.doors.coordinator();
  const hosts = options.host ?? ['localhost'];
  const address = `${inAddress(hosts[0] ?? 'localhost')}:${port('--port', options.port, 1)}`;
  const enrolmentAddress = `${inAddress(hosts[0] ?? 'localhost')}:${port('--enrolment-port', options.enrolmentPort, 1)}`;
  const { name, organisation } = options;
  const order = {
    ...{ ...(await invocation.order()), name, organisation, hosts, address, enrolmentAddress },
    ...(options.store !== undefined && { store: options.store }),
  };
  const made = await initCoordinator(order);
  return {
    data: { name, organisation, address, enrolmentAddress, ...made },
    text: page(
      fields(
        [
          ['coordinator', `${name}, ${organisation}`, invocation.palette.strong],
          ['CA fingerprint', made.caFingerprint],
          ['parties dial', `${address}, to enrol ${enrolmentAddress}`],
          ['operator home', made.operatorHome],
          ['passphrases', made.passphraseFiles],
        ],
        invocation.palette,
      ),
      `next: fedrisk coordinator start --home ${invocation.home}`,
    ),
  };
}

async function invite(invocation: Invocation, name: string, options: InviteOptions): Promise<Outcome> {
  if (!roles.includes(options.role)) {
    throw new CodedError('CONFIG_INVALID', `--role: "${options.role}" is none of ${roles.join(', ')}`);
  }
  const { organisation, role, address, enrolmentAddress } = options;
  const validMs = parseDuration('--ttl', options.ttl);
  const { createInvitation } = await invocation.runtime.doors.coordinator();
  const { token, expiresMs } = await createInvitation({
    ...(await invocation.order()),
    ...{ name, organisation, role, validMs },
    ...(address !== undefined && { address }),
    ...(enrolmentAddress !== undefined && { enrolmentAddress }),
  });
  const who = role === 'bank' || role === 'platform' ? 'participant' : 'user';
  invocation.note(
    paragraph(
      `This token enrols ${name} (${role}, ${organisation}) once, until ${formatTime(expiresMs)}. ` +
        `Send it by a private way; there: fedrisk ${who} enroll --token-file FILE`,
    ),
  );
  return { data: { token, name, organisation, role, expiresMs }, text: token };
}

async function start(invocation: Invocation, options: StartOptions): Promise<Outcome> {
  const given = (option: string, value: string | undefined) =>
    value === undefined ? undefined : port(option, value, 0);
  const ports = {
    port: given('--port', options.port),
    enrolmentPort: given('--enrolment-port', options.enrolmentPort),
  };
  const { startCoordinator } = await invocation.runtime.doors.coordinator();
  const order = { ...(await invocation.order()), host: options.bind, ...ports, logLevel: options.logLevel };
  const { metrics } = options;
  const node = await startCoordinator({ ...order, ...(metrics !== undefined && { metrics }) });
  const listening = { host: options.bind, port: node.port, enrolmentPort: node.enrolmentPort };
  const { metrics: endpoint, replica } = node;
  invocation.emit(
    {
      ...{ event: 'listening', ...listening },
      ...(endpoint !== undefined && { metrics: endpoint }),
      ...(replica !== undefined && { replica }),
    },
    `coordinator listens on ${inAddress(options.bind)}:${node.port}, for enrolment on ${node.enrolmentPort}${metricsWords(node)}`,
  );
  await untilInterrupted(invocation, node, 'coordinator');
  return { data: { event: 'stopped' }, text: 'coordinator stopped' };
}

function port(option: string, text: string, least: 0 | 1): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= least && Number(text) <= 65_535) return Number(text);
  throw new CodedError('CONFIG_INVALID', `${option}: "${text}" is not a port from ${least} to 65535`);
}

/** IPv6 hosts stand in brackets before a port. */
function inAddress(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { creditFolder, type DealtRows, dealRows, installDataset, installPolicy } from '../credit/deal.js';
import { type DealtPair, dealPair, installSide } from '../credit/deal-pair.js';
import { freePorts } from './free-ports.js';
import type { SupervisedProcess } from './supervised-process.js';
import type { Role, Troupe } from './troupe.js';

const cast = [
  { name: 'bank-a', organisation: 'Bank A', role: 'bank' },
  { name: 'bank-b', organisation: 'Bank B', role: 'bank' },
  { name: 'platform-x', organisation: 'Platform X', role: 'platform' },
] as const;

/** Who plays the two sides of the vertical part; specs and policies of examples/credit/pair name them so. */
const pairCast = { bank: 'bank-a', platform: 'platform-x' } as const;

const coordinatorName = 'demo-hub';

/** From spawn to listening or connected; first starts on a cold disk are slow. */
const startMs = 60_000;

export interface Player extends Role {
  readonly rows: DealtRows;
}

/** Everything up and connected. */
export interface Stage {
  readonly players: readonly Player[];
  /** The vertical part: a bank and a platform with customers in common. */
  readonly pair: { readonly bank: Player; readonly platform: Player; readonly dealt: DealtPair };
  /** Processes that must go on until the demo ends. */
  readonly nodes: readonly SupervisedProcess[];
}

const initAnswer = z.object({ caFingerprint: z.string() });
const tokenAnswer = z.object({ token: z.string() });
const enrolledAnswer = z.object({ identityKey: z.string() });

/**
 * Coordinator and participants as separate processes, enrolled with single-use tokens, with each other's keys
 * pinned, data and policy in place. The demo plays the telephone by which people compare keys.
 */
export async function setStage(troupe: Troupe, out: string, say: (line: string) => void): Promise<Stage> {
  const coordinator = roleOf(out, 'coordinator');
  const ports = await portOptions();
  const caFingerprint = await initialise(troupe, coordinator, ports);
  const tokens = await invite(troupe, coordinator);
  const hub = await startCoordinator(troupe, coordinator, ports);
  say(`coordinator ${coordinatorName} is up, CA ${caFingerprint.slice(0, 16)}…`);

  const dealt = await dealPair({ outFolder: join(out, 'rows', 'pair') });
  const rows = await dealRows({ parts: cast.map(({ name }) => name), outFolder: join(out, 'rows') });
  const players = rows.map((dealt): Player => ({ ...roleOf(out, dealt.name), rows: dealt }));
  const keys = await enroll(troupe, players, tokens);
  for (const player of players) {
    await installDataset(player.home, player.rows.path);
    await installPolicy(player.home, { name: coordinatorName, caFingerprint });
  }
  const playerOf = (name: string) => players.find((player) => player.name === name)!;
  const pair = { bank: playerOf(pairCast.bank), platform: playerOf(pairCast.platform), dealt };
  for (const side of ['bank', 'platform'] as const) {
    await installSide(pair[side].home, side, dealt[side], { name: coordinatorName, caFingerprint });
    await allowHorizontalToo(pair[side].home);
  }
  await pinEachOther(troupe, players, keys);
  say(`${players.map(({ name }) => name).join(', ')} are enrolled and have pinned each other's keys`);

  const nodes = await Promise.all(players.map((player) => startParticipant(troupe, player)));
  say('all are connected; each has rows of its own, and they stay where they are');
  return { players, pair, nodes: [hub, ...nodes] };
}

/** A policy file has rules of both kinds: those of the horizontal part are added to the installed one. */
async function allowHorizontalToo(home: string): Promise<void> {
  const path = join(home, 'policy.yaml');
  const policy = parseDocument(await readFile(path, 'utf8'));
  const horizontal = parseDocument(await readFile(join(creditFolder(), 'policy.yaml'), 'utf8'));
  policy.set('rules', horizontal.get('rules'));
  await writeFile(path, policy.toString({ lineWidth: 0 }), { mode: 0o600 });
}

function roleOf(out: string, name: string): Role {
  return { name, home: join(out, 'homes', name), passphrase: randomBytes(18).toString('base64url') };
}

async function portOptions(): Promise<string[]> {
  const [port, enrolmentPort] = await freePorts(2);
  return ['--port', String(port), '--enrolment-port', String(enrolmentPort)];
}

async function initialise(troupe: Troupe, coordinator: Role, ports: readonly string[]): Promise<string> {
  await mkdir(join(coordinator.home, '..'), { recursive: true });
  const answer = await troupe.run(coordinator, [
    ...['coordinator', 'init', '--name', coordinatorName, '--organisation', 'Demo Hub'],
    ...['--host', 'localhost', ...ports],
  ]);
  return initAnswer.parse(answer).caFingerprint;
}

/** Tokens by name. */
async function invite(troupe: Troupe, coordinator: Role): Promise<Map<string, string>> {
  const tokens = new Map<string, string>();
  // One after the other: each adds a line to the coordinator's registry.
  for (const { name, organisation, role } of cast) {
    const answer = await troupe.run(coordinator, [
      ...['coordinator', 'invite', name, '--organisation', organisation, '--role', role, '--ttl', '10m'],
    ]);
    tokens.set(name, tokenAnswer.parse(answer).token);
  }
  return tokens;
}

async function startCoordinator(
  troupe: Troupe,
  coordinator: Role,
  ports: readonly string[],
): Promise<SupervisedProcess> {
  const hub = troupe.start(coordinator, ['coordinator', 'start', '--bind', '127.0.0.1', ...ports, '--json']);
  await hub.line(/"event":"listening"/, startMs);
  return hub;
}

/** Identity keys by name, as each participant reads them on its own screen. */
async function enroll(
  troupe: Troupe,
  players: readonly Player[],
  tokens: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const keys = await Promise.all(
    players.map(async (player): Promise<[string, string]> => {
      const answer = await troupe.run(player, ['participant', 'enroll', tokens.get(player.name) ?? '']);
      return [player.name, enrolledAnswer.parse(answer).identityKey];
    }),
  );
  return new Map(keys);
}

async function pinEachOther(
  troupe: Troupe,
  players: readonly Player[],
  keys: ReadonlyMap<string, string>,
): Promise<void> {
  await Promise.all(
    players.map(async (player) => {
      for (const [peer, key] of keys) {
        if (peer !== player.name) {
          const { organisation } = cast.find(({ name }) => name === peer)!;
          await troupe.run(player, [
            ...['participant', 'peers', 'trust', peer, '--key', key, '--organisation', organisation],
          ]);
        }
      }
    }),
  );
}

async function startParticipant(troupe: Troupe, player: Player): Promise<SupervisedProcess> {
  const node = troupe.start(player, ['participant', 'start', '--json']);
  await node.line(/"event":"connected"/, startMs);
  return node;
}

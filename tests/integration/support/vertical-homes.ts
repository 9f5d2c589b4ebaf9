import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, parseDocument } from 'yaml';
import { createInvitation, initCoordinator } from '../../../coordinator/main.js';
import { dealPair, installSide, type PairSide, pairDatasets } from '../../../examples/credit/deal-pair.js';
import { homeLayout } from '../../../participant/config.js';
import { enroll, trustPeer } from '../../../participant/main.js';

export const hubName = 'test-hub';
/** Name of the coordinator's home beside those of the parties. */
export const hub = 'hub';
export const bank = 'bank-a';
export const platform = 'platform-x';
export const otherPlatform = 'platform-y';

const cast = [
  { name: bank, organisation: 'Bank A', role: 'bank' },
  { name: platform, organisation: 'Platform X', role: 'platform' },
  { name: otherPlatform, organisation: 'Platform Y', role: 'platform' },
  { name: 'ana', organisation: 'Bank A', role: 'scientist' },
] as const;
export const players: readonly string[] = [bank, platform, otherPlatform];

export interface HubPorts {
  readonly port: number;
  readonly enrolmentPort: number;
}

export function initHub(home: string, { port, enrolmentPort }: HubPorts) {
  const address = `127.0.0.1:${port}`;
  const enrolmentAddress = `127.0.0.1:${enrolmentPort}`;
  const where = { home, hosts: ['127.0.0.1'], address, enrolmentAddress };
  return initCoordinator({ ...where, name: hubName, organisation: 'Test Hub' });
}

/** Enrols the cast at a running coordinator and pins every participant at every other one. */
export async function enrolCast(homeOf: (name: string) => string): Promise<void> {
  const keys = new Map<string, string>();
  for (const party of cast) {
    const { token } = await createInvitation({ home: homeOf(hub), ...party, validMs: 600_000 });
    keys.set(party.name, (await enroll({ home: homeOf(party.name), token })).identityKey);
  }
  const participants = cast.filter(({ name }) => players.includes(name));
  for (const { name } of participants) {
    for (const { name: peer, organisation } of participants) {
      if (peer === name) continue;
      await trustPeer({ home: homeOf(name), name: peer, key: keys.get(peer)!, organisation });
    }
  }
}

/** Customers that a test federation keeps of the bundled pair: enough for a label budget, few enough for a quick job. */
const customersKept = 1800;

/**
 * The bundled pair in the homes of bank and platforms, cut to fewer customers; the second platform knows the members of
 * the first one by the same features. Policies are those of the example, open to all peers and to copies of datasets.
 */
export async function installPair(
  homeOf: (name: string) => string,
  caFingerprint: string,
  outFolder: string,
): Promise<void> {
  const dealt = await dealPair({ outFolder });
  const coordinator = { name: hubName, caFingerprint };
  const sides: readonly [string, PairSide][] = [
    [bank, 'bank'],
    [platform, 'platform'],
    [otherPlatform, 'platform'],
  ];
  const kept = keptCustomers(dealt.bank.path);
  for (const side of ['bank', 'platform'] as const) keepCustomers(dealt[side].path, kept);
  for (const [name, side] of sides) {
    const home = homeOf(name);
    await installSide(home, side, dealt[side], coordinator);
    editPolicy(home, (policy) => {
      for (const field of ['peers', 'datasets']) policy.setIn(['vertical', 0, field], '*');
      policy.setIn(['vertical', 0, 'alignment', 'sessionsPerMonth'], 1000);
      if (side === 'bank') policy.setIn(['vertical', 0, 'labels', 'waiver'], waiver);
    });
  }
}

/** So that a file can run as many jobs as it likes; tests of the budget take it away. */
const waiver = 'the tests: the rows are public, and few';

/** Changes a participant's policy file and gives the text that stood there. */
export function editPolicy(home: string, edit: (policy: Document) => void): string {
  const { policy: path } = homeLayout(home);
  const text = readFileSync(path, 'utf8');
  const policy = parseDocument(text);
  edit(policy);
  writeFileSync(path, policy.toString());
  return text;
}

/** Every so many customers of the bank, and those of the platform with them: the key decides. */
function keptCustomers(path: string): (key: string) => boolean {
  const keys = linesOf(path)
    .slice(1)
    .map((line) => keyIn(line))
    .sort();
  const last = keys[Math.min(customersKept, keys.length) - 1]!;
  return (key) => key <= last;
}

function keepCustomers(path: string, kept: (key: string) => boolean): void {
  const [header, ...lines] = linesOf(path);
  writeFileSync(path, `${[header, ...lines.filter((line) => kept(keyIn(line)))].join('\n')}\n`);
}

function keyIn(line: string): string {
  return line.split(',')[0]!.normalize('NFKC').trim().toUpperCase();
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

/**
 * The rows of a participant under another dataset name: labels of it have a budget of their own.
 * @param change of each row, as columns by name, before it is written; undefined leaves it out.
 */
export function copyDataset(
  home: string,
  name: string,
  change: (row: Record<string, string>, at: number) => Record<string, string> | undefined = (row) => row,
): void {
  const { datasets: folder } = homeLayout(home);
  const from = Object.values(pairDatasets).find((known) => hasFile(folder, known))!;
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(folder, `${from}.csv`), join(folder, `${name}.csv`));
  const yaml = readFileSync(join(folder, `${from}.yaml`), 'utf8');
  writeFileSync(join(folder, `${name}.yaml`), yaml.replaceAll(new RegExp(`\\b${from}\\b`, 'g'), name));
  editRows(join(folder, `${name}.csv`), change);
}

function hasFile(folder: string, name: string): boolean {
  try {
    readFileSync(join(folder, `${name}.yaml`));
    return true;
  } catch {
    return false;
  }
}

export function editRows(
  path: string,
  change: (row: Record<string, string>, at: number) => Record<string, string> | undefined,
): void {
  const [header = '', ...lines] = linesOf(path);
  const columns = header.split(',');
  const rows = lines.flatMap((line, at) => {
    const cells = line.split(',');
    const row = change(Object.fromEntries(columns.map((name, place) => [name, cells[place] ?? ''])), at);
    return row === undefined ? [] : [columns.map((name) => row[name]).join(',')];
  });
  writeFileSync(path, `${[header, ...rows].join('\n')}\n`);
}

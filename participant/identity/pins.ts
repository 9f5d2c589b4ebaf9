import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CodedError, hex, participantName } from '../../contract/index.js';
import { organisation, parseJson, writePrivateFile } from '../../crypto/identity/index.js';

const pin = z.strictObject({
  name: participantName,
  organisation,
  identityKey: hex(32),
  pinnedMs: z.int().min(0),
});
const peersFile = z.strictObject({ format: z.literal('fedrisk/peers/1'), peers: z.array(pin).max(10_000) });

/** A peer's identity key and organisation as this participant's operator trusts them. */
export type Pin = z.infer<typeof pin>;
export type Pins = ReadonlyMap<string, Pin>;

/** Read anew at every job, so that `peers trust` acts on a running participant. @throws {CodedError} HOME_INVALID */
export function readPins(home: string): Pins {
  const path = pinsPath(home);
  if (!existsSync(path)) return new Map();
  const parsed = peersFile.safeParse(parseJson(readFileSync(path, 'utf8')));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new CodedError('HOME_INVALID', `${path}: ${issue?.path.map(String).join('.')} ${issue?.message}`);
  }
  return new Map(parsed.data.peers.map((peer) => [peer.name, peer]));
}

export function writePins(home: string, pins: Pins): void {
  const peers = [...pins.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  writePrivateFile(pinsPath(home), `${JSON.stringify({ format: 'fedrisk/peers/1', peers }, null, 2)}\n`);
}

function pinsPath(home: string): string {
  return join(home, 'peers.json');
}

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import type { HexDigest, ParticipantName } from '../../../contract/index.js';
import {
  type Card,
  generateIdentity,
  signCard,
  signerOf,
  spokenFingerprint,
} from '../../../crypto/identity/index.js';
import { listPeers, readPins, trustPeer } from '../../../participant/identity/index.js';
import { coded } from '../../support/coded.js';

const folder = mkdtempSync(join(tmpdir(), 'fedrisk-peers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(folder, 'home-'));
});
const clock = { now: () => 1_700_000_000_000 };

function cardOf(name: string, organisation = `${name} AG`): Card {
  return signCard(signerOf(generateIdentity().privateKey), {
    name: name as ParticipantName,
    organisation,
    kind: 'bank',
    certificateFingerprint: '11'.repeat(32) as HexDigest,
  });
}
const a = cardOf('bank-a');
const b = cardOf('bank-b');
const trust = (key: string, change: object = {}, cards = [a, b]) =>
  trustPeer(home, cards, { name: 'bank-a', key, organisation: 'bank-a AG', ...change }, clock);

test('a pin is made from the whole key, from what was read out by telephone, or from its first 16 digits', () => {
  for (const key of [
    a.identityKey,
    spokenFingerprint(a.identityKey).toUpperCase(),
    a.identityKey.slice(0, 16),
  ]) {
    expect(trust(key)).toMatchObject({ identityKey: a.identityKey });
  }
  expect(readPins(home).get('bank-a')).toMatchObject({ organisation: 'bank-a AG', pinnedMs: clock.now() });
  expect(statSync(join(home, 'peers.json')).mode & 0o777).toBe(0o600);
});

test('too few digits, no digits, an unknown name, another key or organisation are refused and pin nothing', () => {
  expect(coded(() => trust(a.identityKey.slice(0, 15)))).toBe('CONFIG_INVALID');
  expect(coded(() => trust('not a key at all'))).toBe('CONFIG_INVALID');
  expect(coded(() => trust(`${a.identityKey}00`))).toBe('CONFIG_INVALID');
  expect(coded(() => trust(a.identityKey, { name: 'bank-z' }))).toBe('PARTICIPANT_UNKNOWN');
  expect(coded(() => trust(b.identityKey))).toBe('PEER_KEY_CHANGED');
  expect(coded(() => trust(a.identityKey, { organisation: 'Bank A' }))).toBe('PEER_KEY_CHANGED');
  expect(readPins(home).size).toBe(0);
});

test('a key that changed is shown as changed and replaces the pin only when told to', () => {
  trust(a.identityKey);
  const changed = cardOf('bank-a');
  expect(listPeers([changed, b], readPins(home))).toMatchObject([
    { name: 'bank-a', status: 'changed', pinned: { identityKey: a.identityKey } },
    { name: 'bank-b', status: 'unpinned' },
  ]);
  expect(coded(() => trust(changed.identityKey, {}, [changed]))).toBe('PEER_KEY_CHANGED');
  expect(readPins(home).get('bank-a')?.identityKey).toBe(a.identityKey);
  trust(changed.identityKey, { replace: true }, [changed]);
  expect(readPins(home).get('bank-a')?.identityKey).toBe(changed.identityKey);
});

test('a pinned peer that left the directory is listed as absent', () => {
  trust(a.identityKey);
  expect(listPeers([b], readPins(home)).map(({ name, status }) => [name, status])).toEqual([
    ['bank-a', 'absent'],
    ['bank-b', 'unpinned'],
  ]);
});

test('a damaged pin file stops the participant instead of unpinning everybody', () => {
  for (const content of ['', '{}', '{"format":"fedrisk/peers/1","peers":[{"name":"bank-a"}]}']) {
    writeFileSync(join(home, 'peers.json'), content);
    expect(coded(() => readPins(home))).toBe('HOME_INVALID');
  }
});

import { type Clock, CodedError, hinted } from '../../contract/index.js';
import { type Card, typedFingerprint } from '../../crypto/identity/index.js';
import { type Pin, type Pins, readPins, writePins } from './pins.js';

/** 64 bits: the least a person may type of a key that the directory completes. */
const leastDigits = 16;

/** One row of `participant peers list`: directory and pins side by side. */
export interface PeerRow {
  readonly name: string;
  readonly organisation: string;
  /** bank or platform; empty when the directory has no card of this name. */
  readonly kind: string;
  readonly identityKey: string;
  /** changed: the directory shows another key or organisation than the pinned one, which stands in `pinned`. */
  readonly status: 'pinned' | 'unpinned' | 'changed' | 'absent';
  readonly pinned?: Pin;
}

/** Cards of the directory merged with the pins, sorted by name. */
export function listPeers(cards: readonly Card[], pins: Pins): PeerRow[] {
  const listed = cards.map(({ name, organisation, kind, identityKey }): PeerRow => {
    const row = { name, organisation, kind, identityKey };
    const pinned = pins.get(name);
    if (!pinned) return { ...row, status: 'unpinned' };
    return { ...row, status: fits(pinned, row) ? 'pinned' : 'changed', pinned };
  });
  const present = new Set(cards.map(({ name }) => name as string));
  const absent = [...pins.values()]
    .filter(({ name }) => !present.has(name))
    .map((pinned): PeerRow => ({ ...keyOf(pinned), kind: '', status: 'absent', pinned }));
  return [...listed, ...absent].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Pins the key that a person compared with the peer by another way, whole or by its first digits as
 * `spokenFingerprint` shows them.
 * @throws {CodedError} CONFIG_INVALID when too little was typed, PARTICIPANT_UNKNOWN when the directory has no
 *   card of the name, PEER_KEY_CHANGED when the card shows something else or another key is pinned already and
 *   `replace` is not set.
 */
export function trustPeer(
  home: string,
  cards: readonly Card[],
  order: {
    readonly name: string;
    readonly key: string;
    readonly organisation: string;
    readonly replace?: boolean;
  },
  clock: Clock,
): Pin {
  const { name, organisation } = order;
  const typed = typedFingerprint(order.key);
  if (!/^[0-9a-f]{16,64}$/.test(typed)) {
    throw new CodedError('CONFIG_INVALID', `--key: type at least ${leastDigits} hex digits of the key`);
  }
  const card = cards.find((candidate) => candidate.name === name);
  if (!card) {
    throw new CodedError(
      'PARTICIPANT_UNKNOWN',
      `the directory has no card of ${hinted(
        name,
        cards.map((each) => each.name),
      )}`,
      { parties: [name] },
    );
  }
  if (!card.identityKey.startsWith(typed) || card.organisation !== organisation) {
    const what = card.organisation === organisation ? 'key' : 'organisation';
    throw changed(name, `the card of ${name} shows another ${what} than the one you typed`);
  }
  const pins = readPins(home);
  const known = pins.get(name);
  if (known && !fits(known, card) && !order.replace) {
    throw changed(name, `another key or organisation is pinned for ${name}; replace it only if you know why`);
  }
  const pin = pinOf(card, clock);
  writePins(home, new Map([...pins, [name, pin]]));
  return pin;
}

type Keyed = Pick<Pin, 'name' | 'organisation' | 'identityKey'>;

function fits(pinned: Pin, shown: Omit<Keyed, 'name'>): boolean {
  return pinned.identityKey === shown.identityKey && pinned.organisation === shown.organisation;
}

function keyOf({ name, organisation, identityKey }: Keyed): Keyed {
  return { name, organisation, identityKey };
}

function pinOf(card: Card, clock: Clock): Pin {
  return { ...keyOf(card), pinnedMs: clock.now() };
}

function changed(name: string, message: string): CodedError<'PEER_KEY_CHANGED'> {
  return new CodedError('PEER_KEY_CHANGED', message, { parties: [name] });
}

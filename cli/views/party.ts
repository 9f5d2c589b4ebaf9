import type { Party } from '../client.js';
import type { Palette } from '../text/palette.js';
import { table } from '../text/table.js';
import { formatTime } from '../text/units.js';
import { shortDigest, stateColour } from './state.js';

/** The directory: who is enrolled, who is connected. */
export function partyTable(parties: readonly Omit<Party, 'connected'>[], palette: Palette): string {
  if (parties.length === 0) return 'Nobody is enrolled yet: fedrisk coordinator invite NAME';
  const live = parties.some((party) => 'connected' in party);
  return table(
    [
      { head: 'NAME', wraps: true },
      { head: 'ORGANISATION', wraps: true },
      { head: 'ROLE' },
      { head: 'STATUS', colour: stateColour(palette) },
      ...(live ? [{ head: 'ONLINE', colour: stateColour(palette) }] : []),
      { head: 'KEY' },
      { head: 'EXPIRES' },
    ],
    parties.map((party) => [
      party.name,
      party.organisation,
      party.role,
      party.status,
      ...(live ? [connectedWord(party as Party)] : []),
      shortDigest(party.identityKey),
      formatTime(party.expiresMs).slice(0, 10),
    ]),
    palette,
  );
}

/** People have no session. */
function connectedWord({ identityKey, connected }: Party): string {
  if (identityKey === '') return '-';
  return connected ? 'yes' : 'no';
}

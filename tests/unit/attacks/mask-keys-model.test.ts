import { expect, test } from 'vitest';
import { fewestIncluded, quorumOf } from '../../../contract/index.js';

/*
 * What a coordinator and c colluders can read of one sum by showing every honest participant another K, the set of those with mask
 * keys (ADR 23): all choices of K by participant, and of S, in a small roster where everybody holds shares of everybody. That a
 * participant accepts an S as it does here the attack tests show (`mask-keys.test.ts`); that only one S is accepted, the model check.
 * Participants are bits of a number; the first c of them collude.
 */

interface Roster {
  readonly n: number;
  readonly colluders: number;
}

/** Whether everybody in S must have said the K that whoever accepts S was shown. */
type Guard = 'contributions say K' | 'S is in K';

const has = (set: number, who: number) => (set & (1 << who)) !== 0;
const within = (small: number, large: number) => (small & ~large) === 0;
const size = (set: number) => set.toString(2).replaceAll('0', '').length;

/** Sets of honest members of S whose sum alone can be read: K by participant, S, the set. */
function* readable({ n, colluders: c }: Roster, guard: Guard): Generator<string> {
  const quorum = quorumOf(n, c);
  const everybody = 2 ** n - 1;
  const bad = 2 ** c - 1;
  const names = Array.from({ length: n }, (_, who) => who);
  const honest = names.slice(c);
  const large = Array.from({ length: 2 ** n }, (_, set) => set).filter(
    (set) => size(set) >= fewestIncluded(n, c),
  );
  for (const views of product(large, honest.length)) {
    const shown = (who: number) => views[who - c] as number;
    const masks = (who: number) => has(shown(who), who);
    for (const s of large) {
      const members = honest.filter((who) => has(s, who));
      if (!members.every(masks)) continue;
      const accepts = (who: number) =>
        within(s, shown(who)) &&
        (guard === 'S is in K' || members.every((other) => shown(other) === shown(who)));
      const acceptors = honest.filter(accepts);
      if (acceptors.length + c < quorum) continue;
      // Shares of every member's seed leave, if need be, from all that accept; of a mask secret from those that gave it keys.
      const isOpen = (who: number) => {
        const givers = acceptors.filter((other) => has(shown(other), who)).length;
        return has(bad, who) || (!has(s, who) && givers + c >= quorum);
      };
      const open = names.filter(isOpen).reduce((set, who) => set | (1 << who), 0);
      for (let part = 1; part <= everybody; part++) {
        const own = honest.filter((who) => has(part, who));
        if (part & bad || !within(part, s) || own.length === members.length) continue;
        // Every mask that stays must meet its opposite within the part.
        const cancels = (who: number) => {
          const stay = honest.filter((peer) => peer !== who && has(shown(who), peer) && !has(open, peer));
          return stay.every((peer) => has(part, peer) && has(shown(peer), who));
        };
        if (own.every(cancels)) yield `${views.join()} over ${s}: ${part}`;
      }
    }
  }
}

function* product(values: readonly number[], length: number): Generator<readonly number[]> {
  if (length === 0) {
    yield [];
    return;
  }
  for (const first of values) for (const rest of product(values, length - 1)) yield [first, ...rest];
}

test.each([
  { n: 3, colluders: 0 },
  { n: 4, colluders: 0 },
  { n: 4, colluders: 1 },
  { n: 4, colluders: 2 },
  { n: 5, colluders: 1 },
  { n: 5, colluders: 2 },
])('nothing but the sum over all honest members can be read, whatever K everybody is shown: %o', (roster) => {
  expect([...readable(roster, 'contributions say K')]).toEqual([]);
});

test('without what contributions say of K a victim can be read: it need not accept an S to be in it', () => {
  const found = [...readable({ n: 4, colluders: 1 }, 'S is in K')];
  // bank-b is shown K = {a, b, c}, the others {a, b, c, d}; S = {a, b, d}, and bank-b alone is read.
  expect(found).toContain('7,15,15 over 11: 2');
});

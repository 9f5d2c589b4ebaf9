import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HexDigest, mostColluders, type ParticipantName, ShareGraph } from '../../../contract/index.js';

const rosterDigest = 'd1'.repeat(32) as HexDigest;

function namesOf(count: number): ParticipantName[] {
  return Array.from({ length: count }, (_, k) => `bank-${String(k).padStart(4, '0')}` as ParticipantName);
}

function graphOf(count: number, colluders: number): ShareGraph {
  return new ShareGraph({ names: namesOf(count), rosterDigest, colluders });
}

/** Names in the order of the ring, found by walking: each step goes to the neighbour that shares most with us. */
function ringOf(graph: ShareGraph, names: readonly ParticipantName[]): ParticipantName[] {
  const near = new Map(names.map((name) => [name, new Set<string>(graph.neighbours(name))]));
  const common = (a: ParticipantName, b: ParticipantName) =>
    [...near.get(a)!].filter((name) => near.get(b)!.has(name)).length;
  const ring = [names[0]!];
  const left = new Set(names.slice(1));
  while (left.size > 0) {
    const last = ring.at(-1)!;
    const [next] = [...left]
      .filter((name) => near.get(last)!.has(name))
      .sort((a, b) => common(last, b) - common(last, a));
    ring.push(next!);
    left.delete(next!);
  }
  return ring;
}

/** Whether the neighbourhoods tie a set together; a search of its own, which knows no ring. */
function isTied(graph: ShareGraph, set: readonly ParticipantName[]): boolean {
  const inside = new Set(set);
  const seen = new Set(set.slice(0, 1));
  const open = [...seen];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const next of graph.neighbours(name)) {
      if (!inside.has(next) || seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return seen.size === inside.size;
}

describe('a roster of up to 255', () => {
  it('is one in which everybody holds shares of everybody, Q of which open', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 255 }), fc.nat(5), (count, colluders) => {
        const graph = graphOf(count, colluders);
        const names = namesOf(count);
        expect(graph.holders(names[1]!)).toEqual(names);
        expect(graph.threshold).toBe(Math.floor((count + colluders) / 2) + 1);
        expect(graph.opens(new Set(names.slice(0, graph.threshold)))).toBe(graph.threshold <= count);
        expect(graph.opens(new Set(names.slice(0, graph.threshold - 1)))).toBe(false);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a larger roster', () => {
  const sizes = fc.integer({ min: 256, max: 700 });
  const colluders = fc.integer({ min: 0, max: 62 });

  it('gives everybody as many neighbours, holds shares both ways, and more of them than colluders', () => {
    fc.assert(
      fc.property(sizes, colluders, (count, c) => {
        const graph = graphOf(count, c);
        const names = namesOf(count);
        expect(graph.threshold).toBeGreaterThan(c);
        expect(graph.degree + 1).toBeLessThanOrEqual(255);
        for (const name of names.slice(0, 20)) {
          const near = graph.neighbours(name);
          expect(near).toHaveLength(graph.degree);
          expect(near).toEqual([...near].sort());
          expect(graph.holders(name)).toContain(name);
          for (const other of near) {
            expect(graph.neighbours(other)).toContain(name);
            expect(graph.areNeighbours(name, other)).toBe(true);
          }
          expect(names.filter((other) => graph.areNeighbours(name, other))).toEqual(near);
        }
      }),
      { numRuns: 20 },
    );
    expect(mostColluders(256)).toBe(62);
    expect(graphOf(256, 62).degree).toBe(252);
  });

  it('differs with the roster', () => {
    const names = namesOf(400);
    const other = new ShareGraph({ names, rosterDigest: 'd2'.repeat(32) as HexDigest, colluders: 1 });
    expect(other.neighbours(names[0]!)).not.toEqual(graphOf(400, 1).neighbours(names[0]!));
  });

  it('ties the honest members of a set that it joins together, whoever colludes', () => {
    const count = 300;
    const names = namesOf(count);
    const tied = { yes: 0, no: 0 };
    for (const c of [1, 30]) {
      const graph = graphOf(count, c);
      const ring = ringOf(graph, names);
      const reach = graph.degree / 2;
      // Gaps in the ring are what can part it: of any length, at two places, with the colluders where they hurt most.
      const gap = fc.record({
        at: fc.nat(count - 1),
        length: fc.integer({ min: reach - c - 3, max: reach }),
      });
      fc.assert(
        fc.property(gap, gap, fc.boolean(), (one, two, edge) => {
          const gone = new Set<string>();
          const colluding = new Set<string>();
          for (const { at, length } of [one, two]) {
            for (let k = 0; k < length; k++) gone.add(ring[(at + k) % count]!);
            for (let k = 0; k < c; k++) {
              colluding.add(ring[(at + (edge ? length + k : count - 1 - k)) % count]!);
            }
          }
          const members = names.filter((name) => !gone.has(name));
          const joined = graph.joins(new Set(members));
          tied[joined ? 'yes' : 'no']++;
          if (!joined) return;
          // At most c may collude; those at each gap in turn.
          for (const part of [[...colluding].slice(0, c), [...colluding].slice(-c)]) {
            expect(
              isTied(
                graph,
                members.filter((name) => !part.includes(name)),
              ),
            ).toBe(true);
          }
        }),
        { numRuns: 150 },
      );
    }
    expect(tied.yes).toBeGreaterThan(10);
    expect(tied.no).toBeGreaterThan(10);
  });

  it('refuses the smallest set that colluders could part, and no larger one', () => {
    const c = 3;
    const names = namesOf(260);
    const graph = graphOf(260, c);
    const ring = ringOf(graph, names);
    const reach = graph.degree / 2;
    const without = (length: number) => new Set(ring.filter((_, place) => place >= length));
    // c members are left among 2t places in a row: they may be the colluders.
    expect(graph.joins(without(reach - c))).toBe(false);
    expect(graph.joins(without(reach - c - 1))).toBe(true);
    const parted = ring.filter((_, place) => place >= reach && (place < 100 || place >= 100 + reach));
    expect(isTied(graph, parted)).toBe(false);
    expect(graph.joins(new Set(parted))).toBe(false);
  });

  it('opens exactly when t holders of everybody have revealed', () => {
    const graph = graphOf(300, 2);
    const names = namesOf(300);
    fc.assert(
      fc.property(
        fc.double({ min: 0.15, max: 0.6, noNaN: true }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (share, dice) => {
          const revealed = new Set(names.filter(() => dice.next().value! < share));
          const counts = names.map(
            (name) => graph.holders(name).filter((holder) => revealed.has(holder)).length,
          );
          expect(graph.opens(revealed)).toBe(Math.min(...counts) >= graph.threshold);
        },
      ),
      { numRuns: 100 },
    );
  });
});

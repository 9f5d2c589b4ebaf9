import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Turns } from '../../../coordinator/rpc/turns.js';

const patient = 3_600_000;

/** Calls that go on until they are told to end, in the order in which they began. */
class Calls {
  readonly begun: string[] = [];
  readonly #ends = new Map<string, () => void>();

  constructor(readonly turns: Turns) {}

  open(caller: string, call = caller): Promise<string> {
    return this.turns.during(caller, async () => {
      this.begun.push(call);
      await new Promise<void>((resolve) => this.#ends.set(call, resolve));
      return call;
    });
  }

  async end(call: string): Promise<void> {
    this.#ends.get(call)!();
    await delay(0);
  }
}

it('goes in the order of coming, as many at once as there are turns', async () => {
  const calls = new Calls(new Turns({ most: 2, mostEach: 1, heldMs: patient }));
  const all = ['a', 'b', 'c', 'd'].map((name) => calls.open(name));
  await delay(0);
  expect(calls.begun).toEqual(['a', 'b']);
  await calls.end('b');
  expect(calls.begun).toEqual(['a', 'b', 'c']);
  await calls.end('a');
  await calls.end('c');
  await calls.end('d');
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
});

it('leaves turns for others however many one caller asks for', async () => {
  const calls = new Calls(new Turns({ most: 3, mostEach: 2, heldMs: patient }));
  for (const call of ['1', '2', '3', '4']) void calls.open('greedy', call);
  void calls.open('other');
  await delay(0);
  expect(calls.begun).toEqual(['1', '2', 'other']);
  await calls.end('other');
  expect(calls.begun).toEqual(['1', '2', 'other']);
  await calls.end('1');
  expect(calls.begun).toEqual(['1', '2', 'other', '3']);
});

it('lets nobody wait for ever behind those who do not end', async () => {
  const calls = new Calls(new Turns({ most: 1, mostEach: 1, heldMs: 5 }));
  void calls.open('slow');
  const other = calls.open('other');
  while (!calls.begun.includes('other')) await delay(1);
  await calls.end('other');
  expect(await other).toBe('other');
});

it('gives the turn of a call that fails to the next', async () => {
  const turns = new Turns({ most: 1, mostEach: 1, heldMs: patient });
  const failing = turns.during('a', () => Promise.reject(new Error('broken')));
  const next = turns.during('b', async () => 'done');
  await expect(failing).rejects.toThrow('broken');
  expect(await next).toBe('done');
});

it('never has more at once than there are turns, whoever comes and goes', async () => {
  const comings = fc.array(fc.record({ caller: fc.constantFrom('a', 'b', 'c'), turns: fc.nat(3) }));
  await fc.assert(
    fc.asyncProperty(comings, async (all) => {
      const turns = new Turns({ most: 3, mostEach: 2, heldMs: patient });
      const now = new Map<string, number>();
      let most = 0;
      const work = async (caller: string, rounds: number) => {
        now.set(caller, (now.get(caller) ?? 0) + 1);
        expect(now.get(caller)).toBeLessThanOrEqual(2);
        most = Math.max(
          most,
          [...now.values()].reduce((sum, one) => sum + one, 0),
        );
        for (let round = 0; round < rounds; round++) await Promise.resolve();
        now.set(caller, (now.get(caller) as number) - 1);
      };
      await Promise.all(
        all.map(({ caller, turns: rounds }) => turns.during(caller, () => work(caller, rounds))),
      );
      expect(most).toBeLessThanOrEqual(3);
      if (all.length > 0) expect(most).toBeGreaterThan(0);
    }),
  );
});

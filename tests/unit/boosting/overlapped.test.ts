import { describe, expect, it } from 'vitest';
import { overlapped } from '../../../participant/vertical/boosting/overlapped.js';

/** All results, asked for one after the other. */
async function resultsOf<R>(results: AsyncGenerator<R>): Promise<R[]> {
  const all: R[] = [];
  for await (const result of results) all.push(result);
  return all;
}

/** Work that ends when it is told to. */
function stage() {
  const log: string[] = [];
  const ends = new Map<number, { resolve: (result: number) => void; reject: (error: Error) => void }>();
  const work = (item: number) => {
    log.push(`begun ${item}`);
    return new Promise<number>((resolve, reject) => ends.set(item, { resolve, reject }));
  };
  return { log, ends, work };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('overlapped work', () => {
  it('begins an item while the one ahead of it is under way, not two, and gives results in order', async () => {
    const { log, ends, work } = stage();
    const results = resultsOf(overlapped([1, 2, 3], work));
    await turn();
    expect(log).toEqual(['begun 1', 'begun 2']);
    ends.get(2)!.resolve(20);
    await turn();
    expect(log).not.toContain('begun 3');
    ends.get(1)!.resolve(10);
    await turn();
    ends.get(3)!.resolve(30);
    expect(await results).toEqual([10, 20, 30]);
    expect(await resultsOf(overlapped([], work))).toEqual([]);
  });

  it('fails with the first failure, once nothing is under way', async () => {
    const { log, ends, work } = stage();
    const results = resultsOf(overlapped([1, 2, 3], work));
    results.catch(() => {});
    await turn();
    ends.get(1)!.reject(new Error('first'));
    await turn();
    let settled = false;
    void results.catch(() => {}).finally(() => (settled = true));
    await turn();
    expect(settled).toBe(false);
    ends.get(2)!.reject(new Error('second'));
    await expect(results).rejects.toThrow('first');
    expect(log).not.toContain('begun 3');
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Order, WorkPool } from '../../../participant/training/index.js';
import { temporaryFolder } from '../attacks/stage.js';

/** A pool whose tasks answer with their name, but for those called `forever`. */
function pool(): (name: string, signal?: AbortSignal) => Promise<unknown> {
  const worker = join(temporaryFolder(), 'worker.mjs');
  const answer = `name === 'forever' ? new Promise((end) => setTimeout(end, 2 ** 30)) : { ok: true, value: name }`;
  writeFileSync(worker, `export default ({ name }) => ${answer};\n`);
  const work = new WorkPool({}, worker);
  onTestFinished(() => work.close());
  return (name, signal = new AbortController().signal) =>
    work.run<'open'>({ kind: 'open', name } as unknown as Order<'open'>, signal);
}

test('work that waits behind work that is broken off is done all the same, without any new work coming', async () => {
  const run = pool();
  const broken = new AbortController();
  const first = run('forever', broken.signal);
  const second = run('second');
  const third = run('third');
  await new Promise((resolve) => setTimeout(resolve, 200));
  broken.abort();
  await expect(first).rejects.toThrow();
  expect(await Promise.all([second, third])).toEqual(['second', 'third']);
});

test('work that is broken off while it waits says so at once, and leaves the rest in its order', async () => {
  const run = pool();
  const [broken, waiting] = [new AbortController(), new AbortController()];
  const first = run('forever', broken.signal);
  const second = run('second', waiting.signal);
  const third = run('third');
  waiting.abort();
  await expect(second).rejects.toThrow();
  broken.abort();
  await expect(first).rejects.toThrow();
  expect(await third).toBe('third');
});

import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

const built = new URL('../../../dist/contract/garbage.js', import.meta.url);
/** What lives, in many objects, and pieces of a megabyte that become garbage when they are old. */
const course = (preparation: string) => `
  const living = Array.from({ length: 1_200_000 }, (_, each) => ({ each, of: [each] }));
  ${preparation}
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  let most = 0;
  const pieces = [];
  for (let turn = 0; turn < 1000; turn++) {
    pieces[turn % 40] = new Array(131_072).fill(turn + 0.5);
    most = Math.max(most, process.memoryUsage().heapUsed);
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.stdout.write(JSON.stringify({ living: before, garbage: most - before, kept: living.length }));
`;

/** MiB that live, and the most garbage beside them. */
function measured(boundMiB: number) {
  const preparation = `(await import(${JSON.stringify(built.href)})).boundGarbage(${boundMiB * 2 ** 20});`;
  const args = ['--expose-gc', '--input-type=module', '-e', course(preparation)];
  const { living, garbage } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  return { living: living / 2 ** 20, garbage: garbage / 2 ** 20 };
}

it('garbage of a process that serves follows the bound in bytes, not the size of what lives', () => {
  const [tight, wide] = [measured(16), measured(250)];
  expect(tight.living).toBeGreaterThan(100);
  // What V8 marks while the course runs comes on top of either.
  expect(wide.garbage - tight.garbage).toBeGreaterThan(150);
}, 120_000);

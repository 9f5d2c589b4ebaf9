import { expect, it } from 'vitest';
import { found, unmended } from './found.js';
import { run } from './run.js';

it.each(Object.entries(found))('%s', async (_, plan) => {
  expect((await run(plan)).failures).toEqual([]);
});

it.each(Object.entries(unmended))('not mended: %s', async (_, plan) => {
  expect((await run(plan)).failures).not.toEqual([]);
});

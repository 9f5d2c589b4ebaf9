import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Meeting } from '../../../coordinator/rpc/meeting.js';

test('posts are looked at in the order they came, and no turn of the event loop has many more than 64 of them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 60 }),
      async (calls) => {
        const meeting = new Meeting();
        const turns: number[] = [0];
        let watching = true;
        const watch = () => {
          turns.push(0);
          if (watching) setImmediate(watch);
        };
        setImmediate(watch);
        const order: number[] = [];
        await Promise.all(
          calls.map(async (posts, place) => {
            await meeting.next(posts);
            order.push(place);
            turns[turns.length - 1]! += posts;
          }),
        );
        watching = false;
        expect(order).toEqual(calls.map((_, place) => place));
        expect(Math.max(...turns)).toBeLessThan(2 * 64);
      },
    ),
  );
});

test('calls that were read in one turn pass together', async () => {
  const meeting = new Meeting();
  const passed: number[] = [];
  for (const place of [1, 2, 3]) void meeting.next(1).then(() => passed.push(place));
  expect(passed).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(passed).toEqual([1, 2, 3]);
});

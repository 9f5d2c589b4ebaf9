import { expect, it } from 'vitest';
import { hinted, nearestName } from '../../../contract/index.js';

it.each([
  ['epoch', ['rounds', 'epochs'], 'epochs'],
  ['cuont', ['count', 'amount'], 'count'],
  ['INCOME', ['Age', 'Income'], 'Income'],
  ['colour', ['name', 'size'], undefined],
  ['x', [], undefined],
  ['ab', ['xy'], undefined],
])('%s among %j is %s', (name, known, near) => {
  expect(nearestName(name, known)).toBe(near);
});

it('a name that fits nowhere is told with the one that was meant, if any is near', () => {
  expect(hinted('platform-y', ['bank-a', 'platform-x'])).toBe('platform-y (is platform-x meant?)');
  expect(hinted('zzz', ['bank-a', 'platform-x'])).toBe('zzz');
});

import { expect, it } from 'vitest';
import { nearestName } from '../../../contract/index.js';

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

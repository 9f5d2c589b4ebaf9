import { describe, expect, it } from 'vitest';
import { failureText } from '../../../cli/output.js';
import { plainPalette } from '../../../cli/text/palette.js';
import { displayWidth } from '../../../cli/text/width.js';

const report = {
  code: 'DATASET_INVALID',
  message: `customers.yaml: the file says too little of ${'the columns and their types '.repeat(5)}\n    line 3: id`,
  action:
    'The operator of the node mends the dataset file, and then checks it again with datasets check before anything else.',
  parties: ['platform-x'],
  call: 'ab12',
};

describe('an error', () => {
  it('is broken between words on a terminal, and goes on under a hang', () => {
    const lines = failureText(report, plainPalette, 60).split('\n');
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(60);
    expect(lines[0]).toMatch(/^error DATASET_INVALID: customers\.yaml: the file says/);
    expect(lines[1]).toMatch(/^ {2}\S/);
    expect(lines).toContain('      line 3: id (platform-x)');
    const action = lines.findIndex((line) => line.startsWith('what to do: '));
    expect(lines[action + 1]).toMatch(/^ {2}\S/);
    expect(lines.at(-2)).toBe('more: fedrisk explain DATASET_INVALID');
    expect(lines.join(' ').replaceAll(/ +/g, ' ')).toContain(report.action);
  });

  it('is a line a piece in a pipe', () => {
    expect(failureText(report, plainPalette).split('\n')).toEqual([
      `error DATASET_INVALID: ${report.message.split('\n')[0]}`,
      '      line 3: id (platform-x)',
      `what to do: ${report.action}`,
      'more: fedrisk explain DATASET_INVALID',
      "call: ab12 in the coordinator's log",
    ]);
  });
});

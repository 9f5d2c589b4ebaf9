import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../../cli/exit-codes.js';
import { envelope, longLines, runHere, runProcess } from './harness.js';

const good = `name: loan-default
mode: horizontal
purpose: joint-risk-model
participants: [bank-a, bank-b, platform-x]
dataset: credit
features:
  age: number
  region: category
model: { kind: logistic }
training:
  rounds: 4
`;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fedrisk-spec-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function validate(text: string) {
  const file = join(folder, 'job.yaml');
  await writeFile(file, text);
  return { file, run: await runProcess(['jobs', 'validate', file, '--json']) };
}

describe('fedrisk jobs validate, by the executable', () => {
  it('accepts a spec and fills in the defaults', async () => {
    const { run } = await validate(good);
    expect(run.exit).toBe(0);
    const { spec } = envelope(run).data;
    expect(spec).toMatchObject({ name: 'loan-default', algorithm: { kind: 'fedavg' }, colluders: 1 });
    expect(spec).not.toHaveProperty('nonce');
  });

  it.each([
    ['an unknown field', 'rounds: 4', 'roundz: 4', 11, 'training.roundz'],
    ['a value out of range', 'rounds: 4', 'rounds: 0', 11, 'training.rounds'],
    ['a wrong type', 'age: number', 'age: 7', 7, 'features.age'],
    ['a missing field', 'dataset: credit\n', '', 1, 'dataset'],
    ['a nonce set by hand', 'dataset: credit', `dataset: credit\nnonce: ${'0'.repeat(64)}`, 6, 'nonce'],
    ['a participant name', 'bank-b', 'Bank_B', 4, 'participants'],
    ['a participant twice', 'bank-b', 'bank-a', 4, 'participants'],
    ['a duplicate key', 'dataset: credit', 'dataset: credit\ndataset: other', 6, ''],
    ['broken YAML', 'participants: [bank-a', 'participants: [[bank-a', 5, ''],
  ])('names file, line and field of %s', async (_, from, to, line, field) => {
    expect(good).toContain(from);
    const { file, run } = await validate(good.replace(from, to));
    expect(run.exit).toBe(exitCodes.input);
    const { code, message } = envelope(run).error;
    expect(code).toBe('SPEC_INVALID');
    expect(message).toContain(`${file}:${line}: ${field}`);
  });

  it('reports several mistakes at once, one a line', async () => {
    const file = join(folder, 'two.yaml');
    await writeFile(file, good.replace('rounds: 4', 'rounds: 0').replace('age: number', 'age: text'));
    const run = await runProcess(['jobs', 'submit', file]);
    expect(run.exit).toBe(exitCodes.input);
    expect(run.stderr.match(/two\.yaml:\d+: /g)).toHaveLength(2);
  });

  it('reports a file that is not there', async () => {
    const run = await runProcess(['jobs', 'validate', join(folder, 'none.yaml'), '--json']);
    expect(envelope(run).error).toMatchObject({ code: 'SPEC_INVALID' });
    expect(envelope(run).error.message).toContain('none.yaml');
  });

  it('shows a vertical spec, and takes no --participants for it', async () => {
    const vertical = join('examples', 'specs', 'vertical-training.yaml');
    const page = await runHere(['jobs', 'validate', vertical]);
    expect(page).toMatchObject({ exit: 0, stderr: '' });
    expect(page.stdout).toMatch(/labels at +bank-a\n/);
    expect(page.stdout).toContain('platform-x: customers, 6 features');
    expect(page.stdout).toContain('10 iterations');
    expect(longLines(page.stdout)).toEqual([]);
    const renamed = await runHere(['jobs', 'validate', vertical, '--participants', 'a,b', '--json']);
    expect(envelope(renamed).error).toMatchObject({ code: 'CONFIG_INVALID' });
    const scoring = await runHere(['jobs', 'validate', join('examples', 'specs', 'vertical-scoring.yaml')]);
    expect(scoring.stdout).toContain('scoring by the model of job-');
  });
});

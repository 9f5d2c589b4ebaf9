import { describe, expect, it } from 'vitest';
import type { JobView } from '../../../examples/demo/answers.js';
import { encryptionOf } from '../../../examples/demo/encryption.js';
import { Progress } from '../../../examples/demo/progress.js';
import { summary } from '../../../examples/demo/summary.js';
import { verticalSummary } from '../../../examples/demo/vertical-summary.js';
import { longLines } from '../cli/harness.js';
import { sampleReport } from '../report/sample.js';
import { sampleVertical } from '../report/sample-vertical.js';

function view(changes: Partial<JobView> = {}): JobView {
  return {
    jobId: `job-${'0'.repeat(32)}`,
    name: 'credit-logistic',
    mode: 'horizontal',
    type: '',
    state: 'running',
    phase: 'collecting',
    round: 2,
    rounds: 8,
    waitingFor: [],
    code: '',
    detail: '',
    metrics: [
      { name: 'auc', round: 1, value: 0.71 },
      { name: 'auc', round: 2, value: 0.78 },
    ],
    participants: ['bank-a', 'bank-b', 'platform-x'].map((name, i) => ({
      name,
      state: i === 0 ? 'training' : 'uploaded',
      fraction: i === 0 ? 0.4 : 1,
      bytesUp: 40_000,
      bytesDown: 0,
    })),
    submittedMs: 0,
    endedMs: 0,
    bestRound: 1,
    model: 'logistic',
    algorithm: 'fedavg',
    secondsLeft: 6.2,
    labelFunctionals: 0,
    scoresReleased: 0,
    ...changes,
  };
}

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { written, isTTY, columns: 80, write: (text: string) => written.push(text) };
}

const esc = String.fromCharCode(27);
const pieces = new RegExp(`${esc}\\[\\d*[A-Z]|\\n|[^${esc}\\n]+`, 'g');

/** Lines a terminal shows after these writes; knows cursor up, clear to line end and clear below. */
function terminal(writes: readonly string[]): string[] {
  const lines: string[] = [''];
  let row = 0;
  for (const [piece] of writes.join('').matchAll(pieces)) {
    if (piece === '\n') {
      row += 1;
      lines[row] ??= '';
    } else if (piece.startsWith(esc)) {
      if (piece.endsWith('A')) row -= Number(piece.slice(2, -1));
      if (piece.endsWith('J')) lines.splice(row, lines.length, '');
    } else lines[row] = piece;
  }
  return lines.map((line) => line.trimEnd()).filter((line) => line !== '');
}

describe('demo progress', () => {
  it('redraws in place on a terminal: round, who is done, bytes, time left', () => {
    const tty = screen(true);
    const progress = new Progress(tty);
    progress.say('coordinator is up');
    progress.show(view({ round: 1 }));
    progress.show(view());
    const shown = terminal(tty.written);
    expect(shown).toHaveLength(6);
    expect(shown[0]).toBe('coordinator is up');
    expect(shown[1]).toMatch(/credit-logistic .*running, round 2 of 8 {2}collecting {2}about 6\.2 s left/);
    expect(shown[2]).toMatch(/AUC 0\.7800 {2}120 kB sent/);
    expect(shown[3]).toMatch(/bank-a +training 40 % +40 kB up/);
    expect(shown[4]).toMatch(/bank-b +uploaded +40 kB up/);
    progress.done(view({ state: 'finished', round: 8 }));
    expect(terminal(tty.written)).toHaveLength(2);
  });

  it('writes a plain line per round elsewhere, none twice', () => {
    const pipe = screen(false);
    const progress = new Progress(pipe);
    for (const phase of ['collecting', 'unmasking', 'applying']) progress.show(view({ phase }));
    progress.show(view({ round: 3 }));
    progress.done(view({ state: 'finished', round: 8 }));
    expect(pipe.written).toHaveLength(3);
    expect(pipe.written.join('')).not.toContain(esc);
    expect(pipe.written[0]).toBe('  credit-logistic  running, round 2 of 8  AUC 0.7800  120 kB sent\n');
  });
});

describe('demo progress of a vertical job', () => {
  const vertical = { mode: 'vertical', type: 'training', name: 'pair-scorecard', rounds: 4 };

  it('tells phases, and iterations of the fit alone', () => {
    const pipe = screen(false);
    const progress = new Progress(pipe);
    progress.show(view({ ...vertical, state: 'aligning', phase: 'blind', round: 0, metrics: [] }));
    for (const phase of ['terms', 'products', 'openings']) {
      progress.show(view({ ...vertical, state: 'fitting', phase, round: 4, metrics: [] }));
    }
    progress.show(view({ ...vertical, state: 'scoring', phase: 'parts', round: 4, metrics: [] }));
    const metrics = [{ name: 'auc', round: 0, value: 0.82 }];
    progress.done(view({ ...vertical, state: 'finished', phase: '', round: 4, metrics }));
    expect(pipe.written).toEqual([
      '  pair-scorecard   aligning  120 kB sent\n',
      '  pair-scorecard   fitting, iteration 4 of 4  120 kB sent\n',
      '  pair-scorecard   scoring  120 kB sent\n',
      '  pair-scorecard   finished  AUC 0.8200  120 kB sent\n',
    ]);
  });
});

describe('demo summary', () => {
  it('has solo and joint scores, time, bytes, and one line on encryption', () => {
    const text = summary(sampleReport(), ['out/demo/report.json']);
    expect(text).toMatch(/bank-a alone +│ +0\.7890/);
    expect(text).toMatch(/joint model/);
    expect(text).toContain('Total time 48 s');
    expect(text).toContain('bank-b 829 kB');
    const protection = text.split('\n\n').filter((each) => each.startsWith('Encrypted:'));
    expect(protection).toHaveLength(1);
    expect(protection[0]?.replaceAll('\n', ' ')).toMatch(
      /BFV.*N = 2048.*log q = 54.*t = 4294955009.*bank-a, bank-b, platform-x.*coordinator/,
    );
    expect(longLines(text)).toEqual([]);
  });

  it('of the vertical part says what the joint model adds, who could decrypt what, and where things are', () => {
    const text = verticalSummary(sampleVertical());
    expect(text).toMatch(/│ AUC +│ 0\.7100 \[0\.680, 0\.740\] │ 0\.8100 \[0\.780, 0\.840\] │ +\+0\.1000 │/);
    expect(text).toMatch(/│ bad at 70 % in │ +16\.07 % │ +12\.86 % │ -3\.21 pp │/);
    // Withheld under 5 customers.
    expect(text).not.toMatch(/bad at 99 %|null/);
    const words = text.replaceAll('\n', ' ');
    expect(words).toContain('Income of platform-x 0.38, Amount of bank-a 0.12');
    expect(words).toContain('bank-a masked counts and gradients, platform-x the masked gradient of bank-a');
    expect(words).toContain('39 of 84 functionals used; score parts of 1300 customers');
    expect(text).toContain('scores of 3800 customers: out/demo/scores.csv');
    expect(longLines(text)).toEqual([]);
    expect(verticalSummary({ ...sampleVertical(), evaluation: null, batch: null })).not.toMatch(
      /│|scores\.csv/,
    );
  });

  it('reads parameters as the coordinator words them', () => {
    const keyHolders = ['bank-a'];
    const wide = 'BFV N=4096 log q=36+36+17 t=1125899906826241';
    const moments = { purpose: 'moments', parameters: wide, keyHolders };
    const update = { purpose: 'update', parameters: 'BFV N=2048 log q=54 t=4294955009', keyHolders };
    expect(encryptionOf([moments, update, update])).toEqual({
      scheme: 'BFV',
      n: 2048,
      logQ: 54,
      t: 4294955009,
      keyHolders,
      others: [{ purpose: 'moments', parameters: wide }],
    });
    expect(encryptionOf([moments])).toMatchObject({ n: 4096, logQ: 89, others: [] });
    expect(() => encryptionOf([{ ...update, parameters: 'strong' }])).toThrow(/form/);
  });
});

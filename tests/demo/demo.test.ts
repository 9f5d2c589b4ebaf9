import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DemoReport } from '../../learning/report/index.js';
import { everyTest } from '../support/every-test.js';

/** A loaded machine needs long to start a dozen processes; the demo has deadlines of its own. */
const runMs = 300_000;

const names = ['bank-a', 'bank-b', 'platform-x'];
let folder: string;
let demo: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedrisk-demo-'));
});
afterEach(() => {
  demo?.kill('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; output: string }>;
  /** Resolves when this text was printed. */
  printed(text: string): Promise<void>;
}

function run(): Run {
  const child = spawn(
    process.execPath,
    ['dist/examples/demo/main.js', '--short', '--out', join(folder, 'out')],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  demo = child;
  let output = '';
  const readers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const reader of readers) reader();
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, output }));
  });
  const printed = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => output.includes(text) && resolve();
      readers.add(look);
      look();
      void ended.then(() => reject(new Error(`the demo ended without printing "${text}":\n${output}`)));
    });
  return { child, ended, printed };
}

/** Parent process id and command line of every process, from /proc. */
function processes(): { pid: number; parent: number; home: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
        const home = environment.find((entry) => entry.startsWith('FEDRISK_HOME=')) ?? '';
        return [
          { pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]), home },
        ];
      } catch {
        return [];
      }
    });
}

/** Processes of this demo, whoever their parent is by now: they carry its home folders in their environment. */
function ofThisDemo() {
  return processes().filter(({ home }) => home.includes(folder));
}

const onLinux = existsSync('/proc/self/environ');

describe.skipIf(!onLinux)('demo processes', () => {
  it.runIf(everyTest)('Ctrl-C leaves nothing running', { timeout: runMs }, async () => {
    const { child, ended, printed } = run();
    await printed('they stay where they are');
    expect(ofThisDemo().length).toBeGreaterThanOrEqual(4);
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(ofThisDemo()).toEqual([]);
  });

  it.runIf(everyTest)(
    'SIGTERM in the middle of enrolment leaves nothing running',
    { timeout: runMs },
    async () => {
      const { child, ended, printed } = run();
      await printed('is up');
      expect(ofThisDemo().length).toBeGreaterThanOrEqual(1);
      child.kill('SIGTERM');
      expect((await ended).code).toBe(143);
      expect(ofThisDemo()).toEqual([]);
    },
  );

  it.runIf(everyTest)(
    'a participant that dies ends the demo with its name, and leaves nothing running',
    {
      timeout: runMs,
    },
    async () => {
      const { child, ended, printed } = run();
      await printed('they stay where they are');
      const victim = ofThisDemo().find(({ home, parent }) => home.endsWith('bank-b') && parent === child.pid);
      process.kill(victim!.pid, 'SIGKILL');
      const { code, output } = await ended;
      expect(code).toBe(1);
      expect(output).toMatch(/bank-b \(fedrisk participant start\): ended early with SIGKILL/);
      expect(ofThisDemo()).toEqual([]);
    },
  );
});

/** The bank gains by the platform's features, and what crossed is accounted for. */
function checkVertical({ vertical }: DemoReport): void {
  expect(vertical).toHaveLength(1);
  const job = vertical[0]!;
  expect(job).toMatchObject({ name: 'pair-scorecard', status: 'finished', labelHolder: 'bank-a' });
  // Dealt by examples/credit/deal-pair.ts: 95 % of 4,454 loans at the bank, 90 % of those at the platform.
  expect(job.parties.map(({ name, customers }) => [name, customers])).toEqual([
    ['bank-a', 4231],
    ['platform-x', 4031],
  ]);
  expect(job.rows.common).toBe(3808);
  expect(job.rows.train + job.rows.heldOut).toBe(3808);
  const { joint, solo, aucGain } = job.evaluation!;
  expect(solo.auc.value).toBeGreaterThan(0.65);
  expect(joint.auc.value).toBeLessThan(0.9);
  expect(aucGain.low).toBeGreaterThan(0);
  expect(job.features.map(({ party }) => party).sort()).toEqual([
    ...Array<string>(7).fill('bank-a'),
    ...Array<string>(6).fill('platform-x'),
  ]);
  expect(job.phases.map(({ phase }) => phase)).toEqual([
    ...['aligning', 'binning'],
    ...Array<string>(4).fill('fitting'),
    'scoring',
  ]);
  expect(job.labels.released).toBeGreaterThan(0);
  expect(job.labels.released).toBeLessThanOrEqual(job.labels.budget);
  expect(job.batch?.customers).toBe(3808);
  const scores = readFileSync(join(folder, 'out', 'scores.csv'), 'utf8')
    .trim()
    .split('\n');
  expect(scores).toHaveLength(1 + 3808);
}

describe('short demo', () => {
  it('joins two domains, trains horizontally, compares with solo models and writes both reports', {
    timeout: runMs,
  }, async () => {
    const { ended } = run();
    const { code, output } = await ended;
    expect(code, output).toBe(0);
    expect(output).toMatch(/iteration 4 of 4/);
    expect(output).toMatch(/round 2 of 2/);
    expect(output.split('\n').filter((line) => line.startsWith('Encrypted: '))).toHaveLength(1);
    // The path of the test's own folder aside, everything fits a terminal.
    const lines = output.split('\n').filter((line) => !line.includes(folder));
    expect(lines.filter((line) => line.length > 80)).toEqual([]);

    const report = JSON.parse(readFileSync(join(folder, 'out', 'report.json'), 'utf8')) as DemoReport;
    checkVertical(report);
    expect(report.jobs).toHaveLength(1);
    const job = report.jobs[0]!;
    expect(job).toMatchObject({
      name: 'credit-logistic',
      mode: 'horizontal',
      model: 'logistic',
      status: 'finished',
    });
    expect(job.rounds).toBe(2);
    expect(Object.keys(job.solo)).toEqual(names);
    for (const { auc, ks } of [job.joint, ...Object.values(job.solo)]) {
      expect(auc).toBeGreaterThan(0.6);
      expect(auc).toBeLessThan(1);
      expect(ks).toBeGreaterThan(0.1);
    }
    // Test rows of credit_data: id mod 5 = 0 of 4,454.
    const rows = Object.values(job.onOwnRows).reduce((total, own) => total + own.rows, 0);
    expect(rows).toBe(890);
    expect(job.encryption).toMatchObject({
      scheme: 'BFV',
      n: 2048,
      logQ: 54,
      t: 4_294_955_009,
      keyHolders: names,
    });
    expect(new Set(Object.values(job.modelFingerprints)).size).toBe(1);
    expect(Object.keys(job.modelFingerprints)).toEqual(names);
    for (const name of names) expect(job.bytesUp[name]).toBeGreaterThan(2048 * 6);
    expect(job.perRound.map(({ verification }) => verification)).toEqual(['verified', 'verified']);

    const page = readFileSync(join(folder, 'out', 'report.html'), 'utf8');
    expect(page).toContain(job.joint.auc.toFixed(4));
    expect(page.match(/<svg /g)).toHaveLength(5 + 3);
  });
});

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CodedError, systemClock } from '../../contract/index.js';
import { type DemoReport, type JobReport, renderReport } from '../../learning/report/index.js';
import { jobReport, totalsOf } from './compile-report.js';
import { Progress } from './progress.js';
import { writeSpecs } from './specs.js';
import { setStage } from './stage.js';
import { summary } from './summary.js';
import { ProcessFailure } from './supervised-process.js';
import { train } from './train.js';
import { Troupe } from './troupe.js';
import { playVertical } from './vertical-part.js';
import { verticalSummary } from './vertical-summary.js';

/** dist/, seen from dist/examples/demo. */
const built = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const options = readOptions();
const startedMs = systemClock.now();
await wipeOut(options.out);
const logs = join(options.out, 'logs');
await mkdir(logs, { recursive: true });

const { PATH = '', TMPDIR = '' } = process.env;
const troupe = new Troupe({
  logs,
  cli: join(built, 'cli', 'main.js'),
  env: { PATH, NO_COLOR: '1', ...(TMPDIR === '' ? {} : { TMPDIR }) },
});

let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // A second signal meets no listener and ends the demo at once.
  process.once(signal, () => {
    interrupted = true;
    console.error(`\n${signal}: stopping all processes`);
    void leave(128 + constants.signals[signal]);
  });
}
// Whatever ends the demo, also a fault of its own, ends its processes.
process.once('exit', () => troupe.kill());

function readOptions() {
  try {
    return parseArgs({
      options: {
        /** Few iterations, and of the horizontal jobs logistic regression only, with few rounds. */
        short: { type: 'boolean', default: false },
        out: { type: 'string', default: join('out', 'demo') },
      },
    }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\nusage: npm run demo [-- --short] [-- --out DIR]`);
    process.exit(2);
  }
}

/** Empties the output folder of an earlier demo, and nothing that is not one. */
async function wipeOut(folder: string): Promise<void> {
  const entries: string[] = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (entries.length > 0 && !entries.includes('homes')) {
    console.error(`${folder} holds something else than an earlier demo: give another folder by --out`);
    process.exit(2);
  }
  await rm(folder, { recursive: true, force: true });
}

async function leave(code: number): Promise<void> {
  await troupe.close();
  process.exit(code);
}

try {
  const report = await play();
  await troupe.close();
  const files = await write(report);
  console.log(`\n${summary(report, files)}`);
} catch (failure) {
  // After a signal whatever was going on fails; that is no news.
  if (interrupted) await new Promise(() => undefined);
  console.error(`\n${explanation(failure)}\nLogs of all processes: ${logs}`);
  await leave(1);
}

async function play(): Promise<DemoReport> {
  const progress = new Progress(process.stdout);
  const stage = await setStage(troupe, options.out, (line) => progress.say(line));
  progress.say('\n1. Vertical: one customer, two domains');
  const vertical = [await playVertical(troupe, stage, progress, options)];
  for (const report of vertical) progress.say(`\n${verticalSummary(report)}`);

  progress.say('\n2. Horizontal: the same features, three domains with their own customers');
  progress.say(stage.players.map(({ name, rows }) => `${name} ${rows.rows} rows`).join(', '));
  const jobs: JobReport[] = [];
  for (const spec of await writeSpecs(options.out, options.short)) {
    jobs.push(await jobReport(await train(troupe, stage, spec, progress), stage.players));
  }
  return {
    title: 'Joint credit models of bank-a, bank-b and platform-x',
    data:
      `credit_data, consumer loans (MIT licence, see examples/credit/ATTRIBUTION.md): ` +
      `${stage.players.map(({ name, rows }) => `${name} ${rows.rows} rows`).join(', ')}, dealt by id mod 3; ` +
      'test rows are those with id mod 5 = 0.',
    vertical,
    jobs,
    totals: totalsOf(jobs, vertical, (systemClock.now() - startedMs) / 1000),
  };
}

async function write(report: DemoReport): Promise<string[]> {
  const json = join(options.out, 'report.json');
  const html = join(options.out, 'report.html');
  await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(html, renderReport(report));
  return [json, html];
}

function explanation(failure: unknown): string {
  if (failure instanceof CodedError) {
    return `${failure.code}: ${failure.message}\nmore: npm run fedrisk -- explain ${failure.code}`;
  }
  if (failure instanceof ProcessFailure) {
    return [failure.message, ...failure.lastLines.map((line) => `  ${line}`)].join('\n');
  }
  return failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
}

import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../../cli/exit-codes.js';
import { envelope, runHere } from './harness.js';
import { JobsScenes } from './jobs-scenes.js';
import { refusal, type WatchHandler, watching } from './jobs-server.js';
import { cancelledJob, failedJob, finishedJob, runningJob } from './sample-views.js';

const { jobId } = runningJob;
let scenes: JobsScenes;
beforeAll(() => {
  scenes = new JobsScenes();
});
afterEach(() => scenes.stop());
afterAll(() => scenes.close());

describe('jobs wait and watch: exit code by outcome', () => {
  it.each([
    ['finished', finishedJob, exitCodes.ok],
    ['failed', failedJob, exitCodes.jobFailed],
    ['cancelled', cancelledJob, exitCodes.jobCancelled],
  ])('%s', async (_, end, exit) => {
    const scene = await scenes.served({ WatchJob: watching(runningJob, end) });
    for (const command of ['wait', 'watch']) {
      const run = await runHere(['jobs', command, jobId], scene);
      expect(run.exit).toBe(exit);
      expect(run.stdout).toContain(`state        ${end.state}`);
      expect(run.stderr === '').toBe(exit === 0);
    }
  });

  it('names code, parties and what to do when the job failed', async () => {
    const scene = await scenes.served({ WatchJob: watching(failedJob) });
    const { stderr } = await runHere(['jobs', 'wait', jobId], scene);
    expect(stderr).toMatch(
      /^error POLICY_FEATURE: .*bank-b: withholds income\nwhat to do: The submitter drops/,
    );
  });

  it('survives a connection that breaks, and a coordinator that restarts', async () => {
    let calls = 0;
    const breaking: WatchHandler = (call) => {
      calls += 1;
      call.write({ job: calls < 3 ? runningJob : finishedJob });
      if (calls === 1) call.end();
      if (calls === 2) call.emit('error', { code: status.UNAVAILABLE, details: 'restarting' });
      if (calls === 3) call.end();
    };
    const run = await runHere(['jobs', 'wait', jobId, '--json'], await scenes.served({ WatchJob: breaking }));
    expect(envelope(run).data.job.state).toBe('finished');
    expect(calls).toBe(3);
  });

  it('does not go on when the coordinator says the job is unknown', async () => {
    const scene = await scenes.served({
      WatchJob: (call) => call.emit('error', refusal('JOB_UNKNOWN', 'no such job')),
    });
    const run = await runHere(['jobs', 'wait', jobId, '--json'], scene);
    expect(run.exit).toBe(exitCodes.missing);
    expect(envelope(run).error.code).toBe('JOB_UNKNOWN');
  });

  it('Ctrl-C stops the waiting, not the job', async () => {
    let cancelCalls = 0;
    let shown = () => {};
    const reached = new Promise<void>((resolve) => {
      shown = resolve;
    });
    const scene = await scenes.served({
      CancelJob: () => {
        cancelCalls += 1;
      },
      WatchJob: (call) => {
        call.write({ job: runningJob });
        call.on('cancelled', () => call.end());
        shown();
      },
    });
    const running = runHere(['jobs', 'watch', jobId], scene);
    await reached;
    running.interrupt();
    const run = await running;
    expect(run.exit).toBe(exitCodes.interrupted);
    expect(run.stderr).toContain('error WAIT_STOPPED: Ctrl-C; job-1a2b3c4d5e6f goes on');
    expect(cancelCalls).toBe(0);
  });

  it('--timeout ends the waiting with exit 9', async () => {
    const scene = await scenes.served({ WatchJob: (call) => void call.write({ job: runningJob }) });
    const run = await runHere(['jobs', 'wait', jobId, '--timeout', '200ms', '--json'], scene);
    expect(run.exit).toBe(exitCodes.limit);
    expect(envelope(run).error.code).toBe('WAIT_STOPPED');
  });

  it('watch --json prints an envelope a view, the last one with the outcome', async () => {
    const scene = await scenes.served({ WatchJob: watching(runningJob, failedJob) });
    const { stdout } = await runHere(['jobs', 'watch', jobId, '--json'], scene);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ ok, data }) => [ok, data.job.state])).toEqual([
      [true, 'running'],
      [true, 'failed'],
      [false, 'failed'],
    ]);
  });

  it('without a terminal writes a line only when something happened', async () => {
    const moreBytes = {
      ...runningJob,
      participants: runningJob.participants.map((each) => ({
        ...each,
        bytesUp: each.bytesUp + 1,
        fraction: 0.5,
      })),
    };
    const unmasking = { ...runningJob, phase: 'unmasking' };
    const scene = await scenes.served({ WatchJob: watching(runningJob, moreBytes, unmasking, finishedJob) });
    const { stdout } = await runHere(['jobs', 'watch', jobId], scene);
    const progress = stdout.split('\n').filter((line) => /^\d{4}-/.test(line));
    expect(progress.map((line) => line.split(' ')[1])).toEqual(['running,', 'running,', 'finished,']);
  });

  it('on a terminal redraws one block in place and leaves the result', async () => {
    const scene = await scenes.served({
      WatchJob: watching(runningJob, { ...runningJob, round: 4 }, finishedJob),
    });
    const { stdout } = await runHere(['jobs', 'watch', jobId], {
      ...scene,
      terminal: { columns: 80, rows: 40 },
    });
    const screen = replay(stdout);
    expect(screen).toContain('finished');
    expect(screen).not.toContain('Ctrl-C stops watching');
    expect(screen.match(/^job /gm)).toHaveLength(1);
    expect(stdout.lastIndexOf('\x1b[?25h')).toBeGreaterThan(stdout.lastIndexOf('\x1b[?25l'));
  });
});

/** What stands on a terminal after these bytes: newline, cursor up, clear to end of line and of screen. */
function replay(bytes: string): string {
  const screen: string[] = [''];
  let row = 0;
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's control sequences are what is replayed.
  for (const [token] of bytes.matchAll(/\x1b\[[?0-9;]*[A-Za-z]|\n|[^\x1b\n]+/g)) {
    if (token === '\n') {
      row += 1;
      column = 0;
      screen[row] ??= '';
    } else if (token.endsWith('A') && token.startsWith('\x1b[')) {
      row -= Number.parseInt(token.slice(2), 10);
      column = 0;
    } else if (token === '\x1b[K') screen[row] = (screen[row] ?? '').slice(0, column);
    else if (token === '\x1b[J') screen.splice(row, screen.length, (screen[row] ?? '').slice(0, column));
    else if (!token.startsWith('\x1b')) {
      screen[row] =
        (screen[row] ?? '').slice(0, column) + token + (screen[row] ?? '').slice(column + token.length);
      column += token.length;
    }
  }
  return screen.join('\n');
}

import type { JobView } from '../client.js';
import { followJob } from '../follow.js';
import type { Invocation } from '../invocation.js';
import { resolveJobId } from '../job-reference.js';
import { LiveBlock } from '../live.js';
import type { Outcome } from '../output.js';
import { pageColumns } from '../text/layout.js';
import { progressFrame, progressKey, progressLine } from '../views/progress.js';
import type { CommandGroup } from './command.js';

/** The time left counts down between two views. */
const tickMs = 1000;

export function addFollowCommands(jobs: CommandGroup): void {
  jobs.add<[string]>('watch <job>', {
    summary: 'Follow a job live until it ends; Ctrl-C stops watching, not the job',
    examples: ['fedrisk jobs watch job-1a2b3c4d5e6f', 'fedrisk jobs watch job-1a2b3c4d5e6f --json'],
    run: (invocation, job) =>
      invocation.ask(async (client) => {
        const jobId = await resolveJobId(client, job);
        const watcher = watcherFor(invocation);
        try {
          return await followJob(invocation, client, jobId, (view) => watcher.show(view));
        } finally {
          watcher.end();
        }
      }),
  });
  jobs.add<[string]>('wait <job>', {
    summary: 'Wait for a job to end: exit code 0 finished, 10 failed, 11 cancelled',
    examples: ['fedrisk jobs wait job-1a2b3c4d5e6f --timeout 30m && echo trained'],
    run: (invocation, job): Promise<Outcome> =>
      invocation.ask(async (client) =>
        followJob(invocation, client, await resolveJobId(client, job), () => {}),
      ),
  });
}

interface Watcher {
  show(job: JobView): void;
  end(): void;
}

/** JSON lines for scripts, a block redrawn in place on a terminal, else a line whenever something happened. */
function watcherFor(invocation: Invocation): Watcher {
  const { json, runtime } = invocation;
  if (json) return { show: (job) => invocation.emit({ job }, ''), end: () => {} };
  const { stdout } = runtime;
  const drawable = stdout.isTTY === true && (stdout.columns ?? pageColumns) >= pageColumns;
  return drawable ? liveWatcher(invocation) : lineWatcher(invocation);
}

function lineWatcher(invocation: Invocation): Watcher {
  let key = '';
  return {
    show: (job) => {
      if (progressKey(job) === key) return;
      key = progressKey(job);
      invocation.emit({ job }, progressLine(job, invocation.runtime.clock.now()));
    },
    end: () => {},
  };
}

function liveWatcher({ runtime: { stdout, clock }, palette }: Invocation): Watcher {
  const block = new LiveBlock(stdout);
  let latest: { readonly job: JobView; readonly atMs: number } | undefined;
  const draw = () => {
    if (latest) block.draw(progressFrame(latest.job, clock.now() - latest.atMs, palette));
  };
  const tick = setInterval(draw, tickMs);
  return {
    show: (job) => {
      latest = { job, atMs: clock.now() };
      draw();
    },
    end: () => {
      clearInterval(tick);
      block.end();
    },
  };
}

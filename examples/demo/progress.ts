import { ended, type JobView } from './answers.js';
import { bytes, seconds } from './figures.js';

export interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Shows a job as it goes: a block redrawn in place on a terminal, a line per change of state or round elsewhere. */
export class Progress {
  #drawn = 0;
  #told = '';

  constructor(readonly screen: Screen) {}

  show(job: JobView): void {
    if (this.screen.isTTY) this.#redraw(blockOf(job));
    else this.#tell(job);
  }

  /** One line that stays. */
  say(line: string): void {
    this.#clear();
    this.screen.write(`${line}\n`);
  }

  /** Leaves the last line of the job standing. */
  done(job: JobView): void {
    this.#clear();
    if (this.screen.isTTY) this.screen.write(`${lineOf(job)}\n`);
    else this.#tell(job);
    this.#told = '';
  }

  #redraw(lines: readonly string[]): void {
    const width = (this.screen.columns ?? 80) - 1;
    const shown = lines.map((line) => `${line.slice(0, width)}\x1b[K\n`).join('');
    this.screen.write(`${this.#drawn > 0 ? `\x1b[${this.#drawn}A` : ''}${shown}`);
    this.#drawn = lines.length;
  }

  #clear(): void {
    if (this.#drawn > 0) this.screen.write(`\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
  }

  #tell(job: JobView): void {
    const key = `${job.name} ${job.state} ${job.round}`;
    if (key === this.#told) return;
    this.#told = key;
    this.screen.write(`${lineOf(job)}\n`);
  }
}

const nameColumns = 15;

/** A job in one line of at most 80 columns, for where nothing is redrawn. */
function lineOf(job: JobView): string {
  return line(
    job.name.padEnd(nameColumns),
    roundWords(job),
    latest(job, 'auc'),
    latest(job, 'ks'),
    sent(job),
  );
}

/** Name, state, round, time left: fits 80 columns. */
function headOf(job: JobView): string {
  return line(
    job.name.padEnd(nameColumns),
    roundWords(job),
    ended(job) ? '' : job.phase,
    job.secondsLeft > 0 && !ended(job) ? `about ${seconds(job.secondsLeft)} left` : '',
  );
}

/** Vertical jobs have iterations, and those belong to the fit alone. */
function roundWords({ mode, state, round, rounds }: JobView): string {
  if (mode === 'vertical') return state === 'fitting' ? `${state}, iteration ${round} of ${rounds}` : state;
  return round > 0 ? `${state}, round ${round} of ${rounds}` : state;
}

function figuresOf(job: JobView): string {
  return line(...['auc', 'ks', 'trainLoss'].map((name) => latest(job, name)), sent(job));
}

function line(...parts: readonly string[]): string {
  return `  ${parts.filter((part) => part !== '').join('  ')}`;
}

const titles: Readonly<Record<string, string>> = { auc: 'AUC', ks: 'KS', trainLoss: 'loss' };

/** Of a horizontal job not the model before the first round; a vertical job has one model, without a round. */
function latest({ metrics, mode }: JobView, name: string): string {
  const newest = metrics
    .filter((metric) => metric.name === name && (metric.round > 0 || mode === 'vertical'))
    .sort((a, b) => b.round - a.round)[0];
  return newest === undefined ? '' : `${titles[name]} ${newest.value.toFixed(4)}`;
}

function sent({ participants }: JobView): string {
  const up = participants.reduce((total, each) => total + each.bytesUp, 0);
  return up === 0 ? '' : `${bytes(up)} sent`;
}

function blockOf(job: JobView): string[] {
  const rows = job.participants.map(({ name, state, fraction, bytesUp }) => {
    const share = fraction > 0 && fraction < 1 ? ` ${Math.floor(fraction * 100)} %` : '';
    return `    ${name.padEnd(14)} ${`${state}${share}`.padEnd(20)} ${bytes(bytesUp).padStart(10)} up`;
  });
  return [headOf(job), `  ${figuresOf(job)}`, ...rows];
}

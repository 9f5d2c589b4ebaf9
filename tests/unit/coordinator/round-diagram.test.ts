import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  isExchanging,
  isOver,
  isSumming,
  isUnfinished,
  type JobState,
  jobStateKinds,
  step,
} from '../../../coordinator/rounds/index.js';
import { jobStateCheck } from '../../../coordinator/store/job-states.js';
import { five, fiveJob } from './support/five.js';
import { digest, roster } from './support/honest.js';
import { reaches, TableJob } from './support/table-job.js';
import { opens, verticalSpec } from './support/vertical.js';

const readme = readFileSync(new URL('../../../coordinator/rounds/README.md', import.meta.url), 'utf8');
const diagrams = [...readme.matchAll(/```mermaid\n(.*?)```/gs)].map(([, body]) => edgesOf(body ?? ''));

/** `a b` for every edge between two states. */
function edgesOf(diagram: string): Set<string> {
  const edges = [...diagram.matchAll(/^ {2}(\S+) --> (\S+)/gm)];
  return new Set(edges.map(([, from, to]) => `${from} ${to}`).filter((edge) => !edge.includes('[*]')));
}

function statesOf(edges: ReadonlySet<string>): Set<string> {
  return new Set([...edges].flatMap((edge) => edge.split(' ')));
}

/** Transitions that jobs really make, seen by folding their transcripts event by event. */
function observed(jobs: readonly TableJob[], label: (state: JobState) => string | undefined): Set<string> {
  const edges = new Set<string>();
  for (const { events } of jobs) {
    let state: JobState | undefined;
    for (const event of events) {
      const before = state && label(state);
      state = step(state, event);
      const after = label(state);
      if (before && after && before !== after) edges.add(`${before} ${after}`);
    }
  }
  return edges;
}

/** Jobs that take every way there is: each unfinished state also aborted and cancelled. */
function everyJob(): TableJob[] {
  const whole = new TableJob().run();
  const warm = { warmStart: { job: `job-${'0'.repeat(32)}` } };
  const stopped = new TableJob().run((state) => 'current' in state && state.current.purpose === 'update');
  stopped.run(() => stopped.honest(roster[0]!)?.kind === 'applied');
  for (const name of roster) {
    stopped.run(() => stopped.honest(name)?.kind === 'applied', [name]);
    const next = { purpose: 'done', round: 0, stopped: 'early-stopping', bestRound: 1 } as const;
    const report = { sumDigest: digest('sum'), fingerprint: digest('f'), metrics: [], timings: [] };
    stopped.post(name, { kind: 'applied', sum: 2, next, ...report });
  }
  const cut = jobStateKinds.flatMap((kind) =>
    [() => new TableJob(), () => TableJob.of(verticalSpec())].flatMap((begin) => {
      const [aborted, cancelled] = [0, 1].map(() => begin().run((state) => state.kind === kind));
      if (!aborted || !cancelled || !isUnfinished(aborted.state)) return [];
      aborted.post(roster[0]!, { kind: 'abort', code: 'SUM_MALFORMED', detail: '', sum: 0, party: '' });
      return [aborted, cancelled.take({ kind: 'cancel', by: 'ana', reason: '' })];
    }),
  );
  const scoring = { type: 'scoring', model: { job: `job-${'0'.repeat(32)}` } };
  const vertical = [{}, { type: 'binning' }, scoring].map((change) =>
    TableJob.of(verticalSpec(change)).run(),
  );
  return [whole, new TableJob(warm).run(), stopped, ...vertical, ...cut];
}

/** A job of one tree that ends above its second level, since one of those who began it is away. */
function shortTree(): TableJob {
  const secondLevel = (state: JobState) => isSumming(state) && state.current.level === 1;
  const trees = { kind: 'trees', depth: 2 };
  const job = fiveJob({ model: trees, training: { rounds: 1 } }).run(secondLevel);
  return job
    .run(() => false, five.slice(1))
    .tick(60_000)
    .run();
}

describe('the state diagram', () => {
  it('has the states of the union, and so has the table', () => {
    expect(statesOf(diagrams[0]!)).toEqual(new Set(jobStateKinds));
    const inTable = [...jobStateCheck.matchAll(/'([a-z-]+)'/g)].map(([, state]) => state);
    expect(inTable).toEqual(jobStateKinds);
  });

  it('has exactly the transitions that jobs make', () => {
    expect(observed(everyJob(), (state) => state.kind)).toEqual(diagrams[0]);
  });

  it('has exactly the phases that sums go through', () => {
    const phase = (state: JobState) => ('current' in state ? state.current.phase : undefined);
    const edges = observed([new TableJob().run(), shortTree()], phase);
    for (const over of ['agreed', 'skipped']) expect(edges.delete(`${over} collecting`)).toBe(true);
    expect(edges).toEqual(diagrams[1]);
  });

  it('has exactly the turns that a wait for a sum or a step takes', () => {
    const first = new TableJob().run(reaches('update', 'collecting', 1));
    const stalled = () => [
      new TableJob().run(reaches('update', 'applying', 1)).tick(300_000),
      TableJob.of(verticalSpec()).run(opens('blind')).tick(1_800_000),
    ];
    const jobs = [
      first,
      ...stalled().map((job) => job.run()),
      ...stalled().map((job) => job.tick(3_600_000)),
    ];
    const edges = new Set<string>();
    for (const { events } of jobs) {
      let state: JobState | undefined;
      for (const event of events) {
        const before = state && waitOf(state);
        state = step(state, event);
        const after = waitOf(state);
        if (before === undefined || event.body.kind === 'posted') continue;
        if (state.kind === 'failed') edges.add(`${before.turn} failed`);
        else if (before.name !== after?.name) edges.add(`${before.turn} over`);
        else if (before.turn !== after.turn) edges.add(`${before.turn} ${after.turn}`);
      }
    }
    expect(edges).toEqual(diagrams[2]);
  });
});

/** What an unfinished job waits for, and whether it stands still for it. */
function waitOf(state: JobState): { readonly name: string; readonly turn: string } | undefined {
  if (isSumming(state) && !isOver(state.current)) {
    const { sum, phase, stalled } = state.current;
    return { name: `${sum} ${phase}`, turn: stalled ? 'stalled' : 'waiting' };
  }
  if (!isExchanging(state)) return undefined;
  return { name: `${state.openStep.step.number}`, turn: state.openStep.stalled ? 'stalled' : 'waiting' };
}

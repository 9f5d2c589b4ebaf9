import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isUnfinished, type JobState, jobStateKinds, step } from '../../../coordinator/rounds/index.js';
import { jobStateCheck } from '../../../coordinator/store/sqlite/schema.js';
import { digest, roster } from './support/honest.js';
import { TableJob } from './support/table-job.js';
import { verticalSpec } from './support/vertical.js';

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
    const nextSum = 'agreed collecting';
    const edges = observed([new TableJob().run()], phase);
    expect(edges.delete(nextSum)).toBe(true);
    expect(edges).toEqual(diagrams[1]);
  });
});

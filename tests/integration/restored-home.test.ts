import { cpSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { everyTest } from '../support/every-test.js';
import { Federation } from './support/federation.js';
import { atLast } from './support/outcome.js';
import { moment, until } from './support/sight.js';

/** Nothing here is about time; this only ends a test that hangs. */
const hangMs = 300_000;
const victim = 'platform-x';
const quick = { deadlines: { graceSeconds: 1, roundSeconds: 20, openingSeconds: 20, rejoinSeconds: 120 } };

let federation: Federation;
beforeAll(async () => {
  federation = await Federation.found(5);
  await federation.bringUp(...federation.names);
}, hangMs);
afterAll(() => federation?.close());

test.runIf(everyTest)(
  'a participant whose home is set back to an older copy leaves the job, and the others finish',
  async () => {
    const others = federation.names.filter((name) => name !== victim);
    const home = federation.home(victim);
    const copy = `${home}.copy`;
    const job = await federation.submit({ ...quick, training: { rounds: 6, epochs: 1 } });
    await moment(job, () => job.said(victim, 'applied/2'));
    federation.freeze(victim);
    cpSync(home, copy, { recursive: true });
    federation.thaw(victim);
    await moment(job, () => job.posted('reveal', 3).some(({ sender }) => sender === victim));
    await federation.kill(victim);
    const said = job.posts.filter(({ sender }) => sender === victim);
    job.close();
    rmSync(home, { recursive: true });
    cpSync(copy, home, { recursive: true });
    const again = federation.start(victim);
    await again.printed(/JOURNAL_BEHIND/);
    await until(() => job.ended && others.every((name) => job.kept(name).concluded));
    expect(job.state).toBe('finished');
    for (const name of others) expect(job.kept(name)).toMatchObject({ state: 'finished', code: '' });
    expect(job.kept(victim)).toMatchObject({ state: 'left', code: 'JOURNAL_BEHIND' });
    const after = job.posts.filter(({ sender }) => sender === victim).slice(said.length);
    expect(after.map(({ body }) => body.kind).filter((kind) => kind !== 'abort')).toEqual([]);
    // It is of use for the next job.
    const next = await federation.submit(quick);
    await atLast(federation, next);
    expect(next.state).toBe('finished');
    expect(next.kept(victim)).toMatchObject({ state: 'finished' });
  },
  hangMs,
);

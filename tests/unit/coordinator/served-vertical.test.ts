import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Canonical, canonicalJson, drawNonce, type JobEvent } from '../../../contract/index.js';
import { isExchanging, type JobState } from '../../../coordinator/rounds/index.js';
import { unaryCall } from '../../../participant/identity/index.js';
import type { GetJobResponse__Output } from '../../../proto/gen/fedrisk/v1/GetJobResponse.js';
import type { GetRoundResponse__Output } from '../../../proto/gen/fedrisk/v1/GetRoundResponse.js';
import type { ListRoundsResponse__Output } from '../../../proto/gen/fedrisk/v1/ListRoundsResponse.js';
import { codedAsync } from '../../support/coded.js';
import { roster } from './support/honest.js';
import { Served } from './support/served.js';
import { openSession } from './support/session.js';
import { opens, verticalSpec } from './support/vertical.js';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served.close());

/** Buffers from the wire and byte arrays from the store read alike. */
const asText = (event: JobEvent) => canonicalJson(event as unknown as Canonical);

function getJob(by: string, jobId: string) {
  const { jobs } = served.member(by);
  return unaryCall<GetJobResponse__Output>((...rest) => jobs.getJob({ jobId }, ...rest));
}

describe('a vertical job over mutual TLS', () => {
  it('finishes, shows phases, iterations and steps, and streams every event to everybody', async () => {
    const spec = verticalSpec({ nonce: drawNonce() });
    const { jobId } = await served.submitSpec(spec);
    const stream = openSession(served, 'platform-x');
    expect((await served.play(jobId)).kind).toBe('finished');
    const all = await served.store.readEvents(jobId, 0, 10_000);
    await stream.until((events) => events.at(-1)?.body.kind === 'finished');
    expect(stream.events.map(asText)).toEqual(all.map(asText));
    stream.end();

    const { jobs } = served.member('ana');
    const { rounds } = await unaryCall<ListRoundsResponse__Output>((...rest) =>
      jobs.listRounds({ jobId }, ...rest),
    );
    expect(rounds.map(({ purpose, round, steps }) => [purpose, round, steps.length])).toEqual([
      ['aligning', 0, 5],
      ['binning', 0, 3],
      ['fitting', 1, 3],
      ['fitting', 2, 3],
      ['scoring', 0, 3],
    ]);
    const getRound = (request: object) =>
      unaryCall<GetRoundResponse__Output>((...rest) => jobs.getRound({ jobId, ...request }, ...rest));
    expect((await getRound({ round: 2 })).round).toEqual(rounds[3]);
    expect((await getRound({ sum: 0 })).round).toEqual(rounds[0]);
    expect((await getJob('ana', jobId)).job).toMatchObject({
      state: 'finished',
      mode: 'vertical',
      type: 'training',
      labelHolder: 'bank-a',
      rounds: 2,
    });
  });

  it('goes on after the coordinator restarts in the middle of a step', async () => {
    const { jobId } = await served.submitSpec(verticalSpec({ nonce: drawNonce() }, roster));
    const half = (state: JobState) =>
      opens('double')(state) && isExchanging(state) && state.openStep.parcels.size === 1;
    await served.play(jobId, half);
    await served.restart();
    expect((await served.play(jobId)).kind).toBe('finished');
  });
});

describe('submission of a vertical job', () => {
  const submit = (change: object, names?: readonly string[], by?: string) =>
    served.submitSpec(verticalSpec({ nonce: drawNonce(), ...change }, names), '', by);

  it('needs enrolled participants of two organisations', async () => {
    expect(await codedAsync(submit({}, ['bank-a', 'bank-z']))).toBe('PARTICIPANT_UNKNOWN');
    expect(await codedAsync(submit({}, ['ana', 'bank-a']))).toBe('PARTICIPANT_UNKNOWN');
    await served.enrol('bank-a2', 'bank', 'Org of bank-a');
    expect(await codedAsync(submit({}, ['bank-a', 'bank-a2']))).toBe('SPEC_TOO_FEW_PARTIES');
    expect(await codedAsync(submit({}, ['bank-a', 'bank-a2', 'platform-x']))).toBe('no error');
    expect(await codedAsync(submit({}, undefined, 'eve'))).toBe('ROLE_FORBIDDEN');
  });

  it('to score needs a finished model of the same parties and label holder', async () => {
    const score = (job: string, names = ['bank-a', 'platform-x'], change: object = {}) =>
      codedAsync(submit({ type: 'scoring', model: { job }, ...change }, names));
    const training = await submit({});
    expect(await score(training.jobId)).toBe('SPEC_INVALID');
    await served.play(training.jobId);
    expect(await score(training.jobId)).toBe('no error');
    expect(await score(training.jobId, ['bank-a', 'bank-b'])).toBe('SPEC_INVALID');
    expect(await score(training.jobId, ['bank-a', 'bank-b', 'platform-x'])).toBe('SPEC_INVALID');
    expect(await score(training.jobId, ['platform-x', 'bank-a'])).toBe('SPEC_INVALID');
    expect(await score(`job-${'0'.repeat(32)}`)).toBe('SPEC_INVALID');
    const binning = await submit({ type: 'binning' });
    await served.play(binning.jobId);
    expect(await score(binning.jobId)).toBe('SPEC_INVALID');
    const horizontal = await served.submit();
    await served.play(horizontal.jobId);
    expect(await score(horizontal.jobId)).toBe('SPEC_INVALID');
  });
});

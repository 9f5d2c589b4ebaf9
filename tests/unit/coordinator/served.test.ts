import { join } from 'node:path';
import { Client } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Canonical,
  canonicalJson,
  type JobEvent,
  type JobId,
  limits,
  type ParticipantName,
  specJson,
} from '../../../contract/index.js';
import { revokeParty, startCoordinator } from '../../../coordinator/main.js';
import { channelOptions, homeCredentials, unaryCall } from '../../../participant/identity/index.js';
import type { GetJobResponse__Output } from '../../../proto/gen/fedrisk/v1/GetJobResponse.js';
import type { GetRoundResponse__Output } from '../../../proto/gen/fedrisk/v1/GetRoundResponse.js';
import type { ListRoundsResponse__Output } from '../../../proto/gen/fedrisk/v1/ListRoundsResponse.js';
import { codedAsync } from '../../support/coded.js';
import { roster } from './support/honest.js';
import { Served } from './support/served.js';
import { openSession } from './support/session.js';
import { reaches } from './support/table-job.js';

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

describe('a whole job over mutual TLS', () => {
  it('finishes, shows its rounds, streams every event once and hides sealed posts of others', async () => {
    const { jobId } = await served.submit();
    const stream = openSession(served, 'bank-b');
    const state = await served.play(jobId);
    expect(state.kind).toBe('finished');
    const all = await served.store.readEvents(jobId, 0, 10_000);
    await stream.until((events) => events.at(-1)?.body.kind === 'finished');
    const mine = all.filter(({ body }) => {
      if (body.kind !== 'posted' || body.post.body.kind !== 'sealed') return true;
      return body.post.sender === 'bank-b' || body.post.body.to === 'bank-b';
    });
    expect(stream.events.map(asText)).toEqual(mine.map(asText));
    stream.end();
    expect(await stream.over).toBe('OK');

    const { jobs } = served.member('ana');
    const { rounds } = await unaryCall<ListRoundsResponse__Output>((...rest) =>
      jobs.listRounds({ jobId }, ...rest),
    );
    expect(rounds.map(({ purpose, round }) => [purpose, round])).toEqual([
      ['magnitudes', 0],
      ['moments', 0],
      ['update', 1],
      ['update', 2],
      ['evaluation', 0],
    ]);
    expect(rounds[2]).toMatchObject({
      phase: 'agreed',
      verification: 'verified',
      keyHolders: roster,
      survivors: roster,
      survivorSignatures: 3,
      valueCount: 100,
      metrics: [{ name: 'auc', round: 1, value: 0.7 }],
    });
    expect(rounds[2]?.parameters).toContain('BFV');
    const getRound = (request: object) =>
      unaryCall<GetRoundResponse__Output>((...rest) => jobs.getRound({ jobId, ...request }, ...rest));
    expect((await getRound({ round: 1 })).round).toEqual(rounds[2]);
    expect((await getRound({ sum: 0 })).round).toEqual(rounds[0]);
    expect(await codedAsync(getRound({ round: 3 }))).toBe('ROUND_UNKNOWN');
    const { job } = await getJob('operator', jobId);
    expect(job).toMatchObject({ state: 'finished', bestRound: 2, waitingFor: [], code: '' });
  });

  it('goes on after the coordinator restarts in the middle of a round', async () => {
    const { jobId } = await served.submit();
    await served.play(jobId, reaches('update', 'collecting', 1));
    await served.restart();
    const state = await served.play(jobId, reaches('update', 'applying', 1));
    expect(state.kind).toBe('running');
    await served.restart();
    expect((await served.play(jobId)).kind).toBe('finished');
  });
});

describe('submission', () => {
  it('answers a repeated idempotency key with the first job', async () => {
    const change = { nonce: '11'.repeat(32) };
    const first = await served.submit(change, 'key-1');
    expect(await served.submit(change, 'key-1')).toEqual(first);
    expect(await codedAsync(served.submit({}, 'key-1'))).toBe('IDEMPOTENCY_CONFLICT');
    expect(await codedAsync(served.submit(change, 'key-2'))).toBe('JOB_REPLAYED');
    expect(await codedAsync(served.submit(change))).toBe('JOB_REPLAYED');
  });

  it('refuses unknown participants, too few organisations, wrong roles and specs that do not parse', async () => {
    const unknown = { participants: ['bank-a', 'bank-b', 'bank-z'] };
    expect(await codedAsync(served.submit(unknown))).toBe('PARTICIPANT_UNKNOWN');
    expect(await codedAsync(served.submit({ colluders: 2 }))).toBe('SPEC_TOO_FEW_PARTIES');
    expect(await codedAsync(served.submit({ participants: ['bank-a', 'bank-b'] }))).toBe(
      'SPEC_TOO_FEW_PARTIES',
    );
    expect(await codedAsync(served.submit({}, '', 'eve'))).toBe('ROLE_FORBIDDEN');
    expect(await codedAsync(served.submit({}, '', 'operator'))).toBe('ROLE_FORBIDDEN');
    const { jobs } = served.member('ana');
    const submit = (text: string) =>
      unaryCall((...rest) => jobs.submitJob({ specJson: text, idempotencyKey: '' }, ...rest));
    expect(await codedAsync(submit('{'))).toBe('SPEC_INVALID');
    expect(await codedAsync(submit('{"name":"x"}'))).toBe('SPEC_INVALID');
    expect(await codedAsync(submit(' '.repeat(limits.specBytes + 1)))).toBe('MESSAGE_TOO_LARGE');
  });

  it('carries a refusal with its code to the submitter', async () => {
    const { jobId } = await served.submit();
    const { charter } = await served.state(jobId);
    const refusal = { approved: false, code: 'POLICY_COHORT', detail: 'cohort of 3 is below 5' };
    await served.say('bank-b', jobId, { kind: 'consent', specDigest: charter.specDigest, ...refusal });
    const { job } = await getJob('ana', jobId);
    expect(job).toMatchObject({ state: 'failed', code: 'POLICY_COHORT' });
    expect(job?.participants.find(({ name }) => name === 'bank-b')).toMatchObject({
      state: 'refused',
      code: 'POLICY_COHORT',
    });
  });

  it('lets submitter and operator cancel, and nobody else', async () => {
    const { jobId } = await served.submit();
    const cancel = (by: string) => {
      const { jobs } = served.member(by);
      return unaryCall((...rest) => jobs.cancelJob({ jobId, reason: 'enough' }, ...rest));
    };
    expect(await codedAsync(cancel('eve'))).toBe('ROLE_FORBIDDEN');
    expect(await codedAsync(cancel('bank-a'))).toBe('ROLE_FORBIDDEN');
    await cancel('operator');
    expect((await getJob('ana', jobId)).job).toMatchObject({
      state: 'cancelled',
      detail: 'operator: enough',
    });
    expect(await codedAsync(cancel('ana'))).toBe('JOB_ENDED');
  });
});

describe('posts', () => {
  it('are stored once, however often the same bytes arrive, and refused when other bytes take the place', async () => {
    const { jobId } = await served.submit();
    const { charter } = await served.state(jobId);
    const body = {
      kind: 'consent',
      specDigest: charter.specDigest,
      approved: true,
      code: '',
      detail: '',
    } as const;
    const post = await served.say('bank-a', jobId, body);
    expect(await served.post('bank-a', jobId, post)).toEqual({ index: 1 });
    const other = served.member('bank-a').sign(jobId, { ...post, body: { ...body, detail: 'x' } });
    expect(await codedAsync(served.post('bank-a', jobId, other))).toBe('MESSAGE_CONFLICT');
    expect((await served.state(jobId)).nextIndex).toBe(2);
  });

  it('need the signature of the enrolled key and the caller as sender', async () => {
    const { jobId } = await served.submit();
    const { charter } = await served.state(jobId);
    const body = {
      kind: 'consent',
      specDigest: charter.specDigest,
      approved: true,
      code: '',
      detail: '',
    } as const;
    const unsigned = { sender: 'bank-a' as ParticipantName, rosterDigest: '' as const, body };
    const post = served.member('bank-a').sign(jobId, unsigned);
    const forged = served.member('bank-b').sign(jobId, unsigned);
    expect(await codedAsync(served.post('bank-b', jobId, post))).toBe('MESSAGE_UNEXPECTED');
    expect(await codedAsync(served.post('bank-a', jobId, forged))).toBe('SIGNATURE_INVALID');
    const elsewhere = await served.submit();
    expect(await codedAsync(served.post('bank-a', elsewhere.jobId, post))).toBe('SIGNATURE_INVALID');
    expect((await served.state(jobId)).nextIndex).toBe(1);
  });

  it('that are malformed, too large or for no job are refused and change nothing', async () => {
    const { node } = served.member('bank-a');
    const { jobId } = await served.submit();
    const send = (request: object) => unaryCall((...rest) => node.post(request, ...rest));
    expect(await codedAsync(send({}))).toBe('MESSAGE_MALFORMED');
    expect(await codedAsync(send({ jobId }))).toBe('MESSAGE_MALFORMED');
    expect(await codedAsync(send({ jobId, post: { sender: '../x' } }))).toBe('MESSAGE_MALFORMED');
    expect(await codedAsync(send({ jobId, post: { sender: 'a'.repeat(2 * limits.messageBytes) } }))).toBe(
      'MESSAGE_TOO_LARGE',
    );
    const nobody = `job-${'0'.repeat(32)}` as JobId;
    const post = served.member('bank-a').sign(nobody, {
      sender: 'bank-a' as ParticipantName,
      rosterDigest: '',
      body: { kind: 'abort', code: 'INTERNAL', detail: '', sum: 0, party: '' },
    });
    expect(await codedAsync(served.post('bank-a', nobody, post))).toBe('JOB_UNKNOWN');
    expect((await served.state(jobId)).nextIndex).toBe(1);
  });
});

describe('standard services', () => {
  it('answer health checks and list the methods by reflection', async () => {
    const { channel } = await homeCredentials(join(served.home, 'operator'));
    const client = new Client(served.address, channel, channelOptions);
    const health = await new Promise((resolve, reject) => {
      const service = healthService.Check!;
      const request = { service: 'fedrisk.v1.JobsService' };
      client.makeUnaryRequest(
        service.path,
        service.requestSerialize,
        service.responseDeserialize,
        request,
        (error, answer) => (error ? reject(error) : resolve(answer)),
      );
    });
    expect(health).toMatchObject({ status: 'SERVING' });
    const call = client.makeBidiStreamRequest(
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      // list_services = 7 of ServerReflectionRequest, an empty string.
      () => Buffer.from([7 * 8 + 2, 0]),
      (bytes: Buffer) => bytes.toString('latin1'),
    );
    call.write({});
    const listed = await new Promise<string>((resolve) => call.once('data', resolve));
    call.end();
    expect(listed).toContain('fedrisk.v1.ParticipantService');
    expect(listed).toContain('fedrisk.v1.JobsService');
    client.close();
  });
});

describe('access', () => {
  it('lets the organisations of a job read it, operators and auditors all', async () => {
    await served.enrol('bea', 'scientist');
    const { jobId } = await served.submit();
    for (const reader of ['ana', 'eve', 'operator', ...roster]) {
      expect((await getJob(reader, jobId)).job?.jobId).toBe(jobId);
    }
    expect(await codedAsync(getJob('bea', jobId))).toBe('ROLE_FORBIDDEN');
    expect(await codedAsync(getJob('ana', 'job-1'))).toBe('MESSAGE_MALFORMED');
    expect(await codedAsync(getJob('ana', `job-${'0'.repeat(32)}`))).toBe('JOB_UNKNOWN');
  });

  it('watches a job to its end', async () => {
    const { jobId } = await served.submit();
    const states: string[] = [];
    const call = served.member('ana').jobs.watchJob({ jobId });
    const over = (async () => {
      for await (const { job } of call) states.push(job?.state ?? '');
    })();
    await served.play(jobId);
    await over;
    expect(states.at(-1)).toBe('finished');
  });

  it('ends for a revoked party at its next call, wherever the revocation came from', async () => {
    await served.enrol('bank-r', 'bank');
    await getParties('bank-r');
    await revokeParty({ home: served.home, name: 'bank-r', reason: 'test' });
    expect(await codedAsync(getParties('bank-r'))).toBe('CERTIFICATE_REVOKED');
    expect(await codedAsync(served.submit({ participants: ['bank-a', 'bank-b', 'bank-r'] }))).toBe(
      'PARTICIPANT_UNKNOWN',
    );
  });

  it('holds a home folder for one process', async () => {
    const again = startCoordinator({ home: served.home, host: '127.0.0.1', port: 0, enrolmentPort: 0 });
    expect(await codedAsync(again)).toBe('HOME_IN_USE');
  });

  it('estimates from finished jobs and says so', async () => {
    const { spec } = await served.submit();
    const { jobs } = served.member('ana');
    const estimate = await unaryCall<{ bytesUpPerRound: number; basis: string }>((...rest) =>
      jobs.estimateJob({ specJson: specJson(spec) }, ...rest),
    );
    expect(estimate.bytesUpPerRound).toBeGreaterThan(4096 * 6);
    expect(estimate.basis).toContain('reference figures');
  });
});

function getParties(by: string) {
  const { jobs } = served.member(by);
  return unaryCall((...rest) => jobs.listParties({}, ...rest));
}

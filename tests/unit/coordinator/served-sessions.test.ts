import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concludedCursors, remoteError } from '../../../contract/index.js';
import { revokeParty } from '../../../coordinator/main.js';
import { unaryCall } from '../../../participant/identity/index.js';
import { Served } from './support/served.js';
import { openSession } from './support/session.js';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served.close());

describe('sessions', () => {
  it('belong to participants, one each: a newer one ends the older', async () => {
    expect(await openSession(served, 'ana').over).toBe('ROLE_FORBIDDEN');
    const older = openSession(served, 'platform-x');
    await older.greeted;
    const newer = openSession(served, 'platform-x');
    expect(await older.over).toBe('SESSION_ENDED');
    newer.end();
    expect(await newer.over).toBe('OK');
  });

  it('go on from a cursor, also into a job that ended meanwhile', async () => {
    const { jobId } = await served.submit();
    const { jobs } = served.member('ana');
    await unaryCall((...rest) => jobs.cancelJob({ jobId, reason: '' }, ...rest));
    const stream = openSession(served, 'bank-a', [{ jobId, nextIndex: 1 }]);
    await stream.until((events) => events.some(({ body }) => body.kind === 'cancelled'));
    expect(stream.events.filter(({ index, body }) => index === 0 && body.kind === 'cancelled')).toEqual([]);
    stream.end();
  });

  it('end when their participant falls silent', async () => {
    expect(await openSession(served, 'platform-x', [], { alive: false }).over).toBe('SESSION_ENDED');
  });

  it('end when the certificate of their participant is revoked', async () => {
    await served.enrol('bank-s', 'bank');
    const stream = openSession(served, 'bank-s');
    await stream.greeted;
    await revokeParty({ home: served.home, name: 'bank-s', reason: 'test' });
    expect(await stream.over).toBe('CERTIFICATE_REVOKED');
  });

  it('end a job of which a participant saw an end that is not stored: the store was set back', async () => {
    const { jobId } = await served.submit();
    const { jobId: other } = await served.submit();
    const stream = openSession(served, 'bank-a', [{ jobId, nextIndex: concludedCursors.ended }]);
    await stream.until((events) => events.some(({ body }) => body.kind === 'submitted'));
    let state = await served.state(jobId);
    while (state.kind !== 'failed') state = await served.state(jobId);
    expect(state).toMatchObject({ code: 'TRANSCRIPT_BEHIND' });
    expect(state.detail).toContain('bank-a has seen the end of this job');
    // What it is in beside that goes on.
    expect((await served.state(other)).kind).toBe('awaiting-consent');
    stream.end();
  });

  it('go on where a participant says that it left', async () => {
    const { jobId } = await served.submit();
    const stream = openSession(served, 'bank-a', [{ jobId, nextIndex: concludedCursors.left }]);
    await stream.greeted;
    const { jobId: later } = await served.submit();
    await stream.until((events) => events.some(({ body }) => body.kind === 'submitted'));
    expect([(await served.state(jobId)).kind, (await served.state(later)).kind]).toEqual([
      'awaiting-consent',
      'awaiting-consent',
    ]);
    stream.end();
  });

  it('refuse a first message that is no greeting', async () => {
    const call = served.member('bank-b').node.session();
    call.on('data', () => undefined);
    const code = new Promise((resolve) =>
      call.on('error', (error) => resolve(remoteError(error as never).code)),
    );
    call.write({ heartbeat: {} });
    expect(await code).toBe('MESSAGE_MALFORMED');
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remoteError } from '../../../contract/index.js';
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
    expect(await openSession(served, 'platform-x', [], false).over).toBe('SESSION_ENDED');
  });

  it('end when the certificate of their participant is revoked', async () => {
    await served.enrol('bank-s', 'bank');
    const stream = openSession(served, 'bank-s');
    await stream.greeted;
    await revokeParty({ home: served.home, name: 'bank-s', reason: 'test' });
    expect(await stream.over).toBe('CERTIFICATE_REVOKED');
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

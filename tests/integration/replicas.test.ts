import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobId } from '../../contract/index.js';
import { createInvitation, revokeParty } from '../../coordinator/main.js';
import { type JobState, step } from '../../coordinator/rounds/index.js';
import { decodeToken, encodeToken } from '../../crypto/identity/index.js';
import { enroll, listPeers } from '../../participant/main.js';
import { findPostgres, type PostgresServer, startPostgres } from '../support/postgres-cluster.js';
import { password, type Replica, ReplicaFederation, replicas } from './support/replica-federation.js';

/** Nothing here is about time; this only ends a test that hangs. */
const hangMs = 300_000;

const found = findPostgres();
if ('missing' in found) process.stderr.write(`replicas are not tested: ${found.missing}\n`);

describe.runIf('bin' in found)('two coordinators on one database', () => {
  let server: PostgresServer;
  let federation: ReplicaFederation;

  beforeAll(async () => {
    server = await startPostgres((found as { bin: string }).bin);
    federation = await ReplicaFederation.found(server);
  }, hangMs);
  afterAll(async () => {
    await federation?.close();
    server?.stop();
  });

  const until = async (condition: () => Promise<boolean>) => {
    while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const finished = async (jobId: JobId): Promise<string> => {
    await until(async () => {
      const row = await federation.store.findJob(jobId);
      if (row?.state === 'failed') throw new Error(JSON.stringify((await federation.bodies(jobId)).at(-1)));
      return row?.state === 'finished';
    });
    await until(async () => federation.resultPaths(jobId).every(existsSync));
    let state: JobState | undefined;
    for (const event of await federation.store.readEvents(jobId, 0, 100_000)) state = step(state, event);
    expect(state?.kind).toBe('finished');
    return federation.fingerprint(jobId);
  };

  test(
    'a job goes on with the same model when its leader is killed in the middle of a round',
    async () => {
      const undisturbed = await finished(await federation.submit('hub-b'));
      const jobId = await federation.submit('hub-a');
      await until(async () => {
        const contributions = (await federation.of(jobId, 'posted')).filter(
          ({ post: { body } }) => body.kind === 'contribution' && body.sum === 3,
        );
        return contributions.length > 0;
      });
      const leader = await federation.leader(jobId);
      expect(await federation.end(leader, 'SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
      expect(await finished(jobId)).toBe(undisturbed);
      await federation.bringUp(leader);
      expect(await finished(await federation.submit(leader))).toBe(undisturbed);
    },
    hangMs,
  );

  test(
    'each shows who is connected to the other, and jobs that the other was given',
    async () => {
      const jobId = await federation.submit('hub-a');
      for (const replica of replicas) {
        const client = await federation.client(replica);
        const connected = async () => {
          const { job } = await client.get(jobId);
          return job.participants.every((each) => each.connected);
        };
        await until(connected);
        client.close();
      }
      await finished(jobId);
    },
    hangMs,
  );

  test(
    'one of two newcomers gets in with one invitation, whichever replica they ask',
    async () => {
      for (const name of ['carl', 'dora', 'emil']) {
        const { token } = await createInvitation({
          ...{ home: federation.home('hub-a'), name, organisation: 'Bank C', role: 'scientist' },
          validMs: 600_000,
        });
        const attempts = await Promise.allSettled(
          replicas.map((replica) => {
            const enrolmentAddress = federation.enrolmentAddress(replica);
            const own = encodeToken({ ...decodeToken(token), enrolmentAddress });
            return enroll({ home: federation.home(`${name}-${replica}`), token: own });
          }),
        );
        expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        expect(attempts.filter(({ status }) => status === 'rejected')).toMatchObject([
          { reason: { code: 'TOKEN_USED' } },
        ]);
        const winner = replicas[attempts.findIndex(({ status }) => status === 'fulfilled')] as Replica;
        for (const replica of replicas) {
          const address = federation.address(replica);
          expect(await listPeers({ home: federation.home(`${name}-${winner}`), address })).toHaveLength(3);
        }
      }
    },
    hangMs,
  );

  test(
    'a revocation at one acts at the next call to the other',
    async () => {
      const home = federation.home('fay');
      const { token } = await createInvitation({
        ...{ home: federation.home('hub-a'), name: 'fay', organisation: 'Bank C', role: 'scientist' },
        validMs: 600_000,
      });
      await enroll({ home, token });
      const ask = (replica: Replica) => listPeers({ home, address: federation.address(replica) });
      for (const replica of replicas) expect(await ask(replica)).toHaveLength(3);
      await revokeParty({ home: federation.home('hub-a'), name: 'fay', reason: 'test' });
      for (const replica of [...replicas].reverse()) {
        await expect(ask(replica)).rejects.toMatchObject({ code: 'CERTIFICATE_REVOKED' });
      }
    },
    hangMs,
  );

  test(
    'the password of the database stands in no line that a replica prints',
    async () => {
      for (const replica of replicas) {
        expect(federation.output(replica).filter((line) => line.includes(password))).toEqual([]);
        expect(existsSync(join(federation.home(replica), 'coordinator.sqlite'))).toBe(false);
      }
    },
    hangMs,
  );

  test(
    'a participant that is revoked at one is out of its job at both',
    async () => {
      const jobId = await federation.submit('hub-b');
      await until(async () => (await federation.of(jobId, 'sumStarted')).length >= 2);
      await revokeParty({ home: federation.home('hub-a'), name: 'bank-b', reason: 'test' });
      for (const replica of replicas) {
        const client = await federation.client(replica);
        await until(async () => (await client.get(jobId)).job.state === 'failed');
        expect((await client.get(jobId)).job).toMatchObject({
          code: 'CERTIFICATE_REVOKED',
          parties: ['bank-b'],
        });
        client.close();
      }
      expect(await federation.of(jobId, 'failed')).toHaveLength(1);
    },
    hangMs,
  );
});

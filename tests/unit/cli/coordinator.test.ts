import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../../cli/exit-codes.js';
import { freePorts } from '../../../examples/demo/free-ports.js';
import { envelope, runProcess, startProcess } from './harness.js';
import { Hub } from './hub.js';

let hub: Hub;

beforeAll(async () => {
  hub = await Hub.open();
});
afterAll(() => hub.close());

describe('a coordinator and its users, by the executable over mutual TLS', () => {
  it('makes a home once', async () => {
    const again = await hub.administer('init', '--name', 'x', '--organisation', 'X');
    expect(again.exit).toBe(exitCodes.conflict);
    expect(envelope(again).error.code).toBe('HOME_EXISTS');
  });

  it('lets one process work on a home', async () => {
    const second = await hub.administer('start', '--port', '0', '--enrolment-port', '0');
    expect(second.exit).toBe(exitCodes.conflict);
    expect(envelope(second).error.code).toBe('HOME_IN_USE');
  });

  it('listens on the ports that init was given unless start names others; one that is taken is named', async () => {
    const home = ['--home', hub.homeOf('second'), '--json'];
    const [port, enrolmentPort, other] = (await freePorts(3)) as [number, number, number];
    const ports = ['--port', String(port), '--enrolment-port', String(enrolmentPort)];
    await runProcess(['coordinator', 'init', '--name', 'b', '--organisation', 'B', ...ports, ...home]);
    const start = (...words: string[]) =>
      startProcess(['coordinator', 'start', '--bind', '127.0.0.1', ...words, ...home]);
    for (const [words, main] of [[[], port] as const, [['--port', String(other)], other] as const]) {
      const started = start(...words);
      expect(JSON.parse(await started.firstLine).data).toMatchObject({ port: main, enrolmentPort });
      started.child.kill('SIGTERM');
      await started.ended;
    }
    const taken = hub.address.split(':')[1]!;
    const refused = await start('--port', taken).ended;
    expect([refused.exit, envelope(refused).error.code]).toEqual([exitCodes.input, 'CONFIG_INVALID']);
    expect(envelope(refused).error.message).toContain(`127.0.0.1:${taken}`);
  });

  it('says so when a folder is no home, and when the passphrase is wrong', async () => {
    const nowhere = await runProcess(['coordinator', 'parties', '--json', '--home', hub.homeOf('none')]);
    expect(nowhere.exit).toBe(exitCodes.input);
    expect(envelope(nowhere).error.code).toBe('HOME_INVALID');
    const locked = await runProcess(
      ['coordinator', 'invite', 'eve', '--role', 'bank', '--organisation', 'E', '--home', hub.home, '--json'],
      { env: { FEDRISK_PASSPHRASE: 'hunter-of-keys' } },
    );
    expect(locked.exit).toBe(exitCodes.identity);
    expect(envelope(locked).error.code).toBe('KEYSTORE_LOCKED');
    expect(locked.stdout + locked.stderr).not.toContain('hunter-of-keys');
  });

  it('prints a token alone on stdout, and enrols by argument, file and standard input; a token once', async () => {
    const forArgument = await hub.invite('bank-a', 'bank', 'Bank A');
    expect(forArgument.stdout).toMatch(/^\S+\n$/);
    expect(forArgument.stderr).toContain('This token enrols bank-a');
    const file = join(hub.folder, 'bank-b.token');
    await writeFile(file, (await hub.invite('bank-b', 'bank', 'Bank B')).stdout);
    const forInput = (await hub.invite('shop', 'platform', 'Shop')).stdout;
    const forUser = (await hub.invite('ann', 'scientist', 'Bank A')).stdout;
    const runs = [
      await hub.as('bank-a', 'participant', 'enroll', forArgument.stdout.trim()),
      await hub.as('bank-b', 'participant', 'enroll', '--token-file', file),
      await runProcess(['participant', 'enroll', '--home', hub.homeOf('shop'), '--json'], {
        input: forInput,
      }),
      await runProcess(['user', 'enroll', '-', '--home', hub.homeOf('ann'), '--json'], { input: forUser }),
    ];
    expect(runs.map((run) => [run.exit, envelope(run).data.name])).toEqual([
      [0, 'bank-a'],
      [0, 'bank-b'],
      [0, 'shop'],
      [0, 'ann'],
    ]);
    expect(runs.map((run) => envelope(run).data.identityKey.length)).toEqual([64, 64, 64, 0]);
    const thief = await hub.as('thief', 'participant', 'enroll', forArgument.stdout.trim());
    expect(thief.exit).toBe(exitCodes.identity);
    expect(envelope(thief).error.code).toBe('TOKEN_USED');
  });

  it('lists who is enrolled, for the operator and for everybody', async () => {
    const offline = envelope(await hub.administer('parties')).data.parties;
    const online = envelope(await hub.as('ann', 'participants', 'list')).data.parties;
    const names = offline.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['ann', 'bank-a', 'bank-b', 'operator', 'shop']);
    expect(online).toMatchObject(offline);
  });

  it('takes a job from submission to its end', async () => {
    const spec = join(hub.folder, 'job.yaml');
    const write = (rounds: number) =>
      writeFile(
        spec,
        `{ name: loan, mode: horizontal, purpose: joint-risk-model, participants: [bank-a, bank-b, shop],
           dataset: credit, features: { age: number }, model: { kind: logistic }, training: { rounds: ${rounds} } }`,
      );
    const submit = () => hub.as('ann', 'jobs', 'submit', spec, '--idempotency-key', 'first');
    await write(3);
    const first = envelope(await submit()).data;
    expect(first.repeatedKey).toBe(false);
    expect(envelope(await submit()).data).toEqual({ jobId: first.jobId, repeatedKey: true });
    await write(4);
    const other = await submit();
    expect([other.exit, envelope(other).error.code]).toEqual([exitCodes.conflict, 'IDEMPOTENCY_CONFLICT']);

    const { job, spec: shown } = envelope(await hub.as('ann', 'jobs', 'show', first.jobId.slice(0, 12))).data;
    expect(job).toMatchObject({ state: 'awaiting-consent', name: 'loan', submitter: 'ann', rounds: 3 });
    expect(job.waitingFor.map((line: string) => line.split(' ')[0])).toEqual(['bank-a', 'bank-b', 'shop']);
    expect(shown.training.rounds).toBe(3);
    const { estimate } = envelope(await hub.as('ann', 'jobs', 'estimate', spec)).data;
    expect(estimate.bytesUpPerRound).toBeGreaterThan(0);
    expect(envelope(await hub.as('ann', 'rounds', 'list', first.jobId)).data.rounds).toEqual([]);
    const early = await hub.as('ann', 'rounds', 'show', first.jobId, '1');
    expect([early.exit, envelope(early).error.code]).toEqual([exitCodes.missing, 'ROUND_UNKNOWN']);

    const watch = startProcess(['jobs', 'watch', first.jobId, '--home', hub.homeOf('ann')]);
    expect(await watch.firstLine).toContain('awaiting-consent');
    watch.child.kill('SIGINT');
    expect((await watch.ended).exit).toBe(exitCodes.interrupted);

    const waiting = hub.as('ann', 'jobs', 'wait', first.jobId);
    const dial = ['--coordinator', hub.address];
    const cancelled = await hub.as(
      'hub/operator',
      'jobs',
      'cancel',
      first.jobId,
      '--reason',
      'a test',
      ...dial,
    );
    expect(cancelled.exit).toBe(0);
    const run = await waiting;
    expect(run.exit).toBe(exitCodes.jobCancelled);
    expect(envelope(run)).toMatchObject({
      error: { code: 'JOB_CANCELLED' },
      data: { job: { state: 'cancelled' } },
    });
    expect(envelope(run).error.message).toContain('operator: a test');
    const list = envelope(await hub.as('bank-b', 'jobs', 'list', '--state', 'cancelled')).data.jobs;
    expect(list).toHaveLength(1);
  });

  it('refuses a revoked party at its next call', async () => {
    expect((await hub.administer('revoke', 'shop', '--reason', 'left')).exit).toBe(0);
    const run = await hub.as('shop', 'jobs', 'list');
    expect([run.exit, envelope(run).error.code]).toEqual([exitCodes.identity, 'CERTIFICATE_REVOKED']);
  });

  it('closes on SIGTERM with exit 0', async () => {
    hub.coordinator.child.kill('SIGTERM');
    const run = await hub.coordinator.ended;
    expect(run.exit).toBe(0);
    const events = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).data.event);
    expect(events).toEqual(['listening', 'stopped']);
  });
});

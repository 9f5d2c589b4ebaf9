import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { join } from 'node:path';
import { credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CodedError, remoteError, Secret, systemClock } from '../../../contract/index.js';
import { initCoordinator, openCoordinatorHome, Registry } from '../../../coordinator/identity/index.js';
import {
  certificateFingerprint,
  decodeToken,
  type EnrolmentToken,
  encodeToken,
  generateTlsKey,
  issueServerCertificate,
  keyPairOf,
  privateKeyPem,
  verifyCard,
} from '../../../crypto/identity/index.js';
import {
  channelOptions,
  enroll,
  fetchCards,
  homeCredentials,
  publishCard,
} from '../../../participant/identity/index.js';
import type { EnrolmentServiceHandlers } from '../../../proto/gen/fedrisk/v1/EnrolmentService.js';
import { wire } from '../../../proto/index.js';
import { codedAsync } from '../../support/coded.js';
import { IdentityCoordinator } from '../../support/identity-coordinator.js';
import { MemoryRegistryLog } from '../../support/memory-registry-log.js';

/** Wall clock that a test can push forward. */
const clock = { aheadMs: 0, now: () => systemClock.now() + clock.aheadMs };
let hub: IdentityCoordinator;
beforeAll(async () => {
  hub = await IdentityCoordinator.start(clock);
});
afterAll(() => hub.stop());

const enrollAs = async (name: string, role = 'bank') => {
  const home = hub.newHome(name);
  const enrolled = await enroll({ home, token: await hub.invite(name, role), clock });
  return { home, ...enrolled };
};
const retoken = (token: string, change: Partial<EnrolmentToken>) =>
  encodeToken({ ...decodeToken(token), ...change });

describe('enrolment', () => {
  test('a participant trades its token for a certificate and its card stands in the directory', async () => {
    const { home, config, cardError, passphraseFile } = await enrollAs('bank-a');
    expect(cardError).toBeUndefined();
    expect(config).toMatchObject({
      name: 'bank-a',
      organisation: 'bank-a AG',
      role: 'bank',
      coordinator: { address: hub.address, name: 'hub', caFingerprint: hub.home.caFingerprint },
    });
    expect(passphraseFile).toBe(join(home, 'passphrase'));
    const own = await homeCredentials(home);
    const party = hub.registry.parties().find(({ name }) => name === 'bank-a');
    expect(party).toMatchObject({ status: 'enrolled', certificateFingerprint: own.certificateFingerprint });
    expect(hub.registry.cards().map(verifyCard)).toMatchObject([
      { name: 'bank-a', kind: 'bank', identityKey: own.participant?.signer.publicKey },
    ]);
  });

  test('every file is 0600, the folder 0700, and no key stands anywhere in clear', async () => {
    const { home } = await enrollAs('bank-files');
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(readdirSync(home).sort()).toEqual([
      'ca.pem',
      'certificate.pem',
      'config.json',
      'keystore.json',
      'passphrase',
    ]);
    for (const name of readdirSync(home)) {
      expect([name, statSync(join(home, name)).mode & 0o777]).toEqual([name, 0o600]);
      expect(readFileSync(join(home, name), 'utf8')).not.toContain('PRIVATE KEY');
    }
  });

  test('with a passphrase none is stored, and the home opens with it only', async () => {
    const home = hub.newHome('bank-pass');
    const passphrase = () => new Secret(new TextEncoder().encode('a good long passphrase'));
    const enrolled = await enroll({
      home,
      token: await hub.invite('bank-pass'),
      passphrase: passphrase(),
      clock,
    });
    expect(enrolled.passphraseFile).toBeUndefined();
    expect(existsSync(join(home, 'passphrase'))).toBe(false);
    expect((await homeCredentials(home, passphrase())).config.name).toBe('bank-pass');
    expect(await codedAsync(homeCredentials(home))).toBe('KEYSTORE_LOCKED');
    const wrong = new Secret(new TextEncoder().encode('a good long Passphrase'));
    expect(await codedAsync(homeCredentials(home, wrong))).toBe('KEYSTORE_LOCKED');
  });

  test('people enrol without identity key and card', async () => {
    const { home, cardError } = await enrollAs('ada', 'scientist');
    expect(cardError).toBeUndefined();
    expect((await homeCredentials(home)).participant).toBeUndefined();
    expect(hub.registry.cards().map(({ name }) => name)).not.toContain('ada');
  });

  test('a token enrols once: the second home gets TOKEN_USED', async () => {
    const token = await hub.invite('bank-once');
    await enroll({ home: hub.newHome('first'), token, clock });
    expect(await codedAsync(enroll({ home: hub.newHome('second'), token, clock }))).toBe('TOKEN_USED');
  });

  test('two homes race with one token: exactly one wins', async () => {
    const token = await hub.invite('bank-race');
    const codes = await Promise.all(
      ['x', 'y', 'z'].map((label) => codedAsync(enroll({ home: hub.newHome(label), token, clock }))),
    );
    expect(codes.sort()).toEqual(['TOKEN_USED', 'TOKEN_USED', 'no error']);
  });

  test('killed after the answer was lost: the same home asks again and gets the same certificate', async () => {
    const home = hub.newHome('bank-lost');
    const token = await hub.invite('bank-lost');
    await enroll({ home, token, clock });
    const first = (await homeCredentials(home)).certificateFingerprint;
    const request = hub.enrolmentRequests.at(-1) as { invitationId: string; csrDer: Buffer };
    const backToPending = () => {
      for (const name of ['config.json', 'certificate.pem', 'ca.pem']) rmSync(join(home, name));
      const pending = { invitationId: request.invitationId, request: request.csrDer.toString('base64url') };
      writeFileSync(join(home, 'enrolment-pending.json'), JSON.stringify(pending));
    };
    backToPending();
    await enroll({ home, token, clock });
    expect((await homeCredentials(home)).certificateFingerprint).toBe(first);
    await hub.registry.revoke('bank-lost' as never, 'test');
    backToPending();
    expect(await codedAsync(enroll({ home, token, clock }))).toBe('CERTIFICATE_REVOKED');
  });

  test('an enrolled home is not enrolled over', async () => {
    const { home } = await enrollAs('bank-twice');
    expect(await codedAsync(enroll({ home, token: await hub.invite('bank-other'), clock }))).toBe(
      'HOME_EXISTS',
    );
  });

  test('an expired token is refused by the client, and by the coordinator though the client believes otherwise', async () => {
    const token = await hub.invite('bank-late', 'bank', 60_000);
    clock.aheadMs = 120_000;
    try {
      expect(await codedAsync(enroll({ home: hub.newHome('late'), token, clock }))).toBe('TOKEN_EXPIRED');
      const hopeful = retoken(token, { expiresMs: systemClock.now() + 1e9 });
      expect(await codedAsync(enroll({ home: hub.newHome('late'), token: hopeful, clock }))).toBe(
        'TOKEN_EXPIRED',
      );
    } finally {
      clock.aheadMs = 0;
    }
  });

  test('a wrong secret and an unknown invitation are refused alike', async () => {
    const token = await hub.invite('bank-guess');
    const wrong = retoken(token, { secret: new Secret(new Uint8Array(32)) });
    const unknown = retoken(token, { invitationId: '00'.repeat(16) });
    const errors = await Promise.all(
      [wrong, unknown].map((bad) =>
        enroll({ home: hub.newHome('guess'), token: bad, clock }).catch((e) => e),
      ),
    );
    expect(errors.map((error: CodedError) => error.code)).toEqual(['TOKEN_INVALID', 'TOKEN_INVALID']);
    expect(errors[0].message).toBe(errors[1].message);
    expect(await codedAsync(enroll({ home: hub.newHome('guess'), token, clock }))).toBe('no error');
  });

  test('inviting a name again withdraws the earlier token; a held name is refused', async () => {
    const old = await hub.invite('bank-again');
    const fresh = await hub.invite('bank-again');
    expect(await codedAsync(enroll({ home: hub.newHome('old'), token: old, clock }))).toBe('TOKEN_INVALID');
    await enroll({ home: hub.newHome('fresh'), token: fresh, clock });
    await expect(hub.invite('bank-again')).rejects.toMatchObject({ code: 'NAME_TAKEN' });
  });
});

describe('somebody in between', () => {
  test('a coordinator with another CA gets CA_MISMATCH, and the secret is never sent', async () => {
    const impostor = await IdentityCoordinator.start(clock, 'impostor');
    try {
      const token = retoken(await hub.invite('bank-mitm'), { enrolmentAddress: impostor.enrolmentAddress });
      const home = hub.newHome('mitm');
      expect(await codedAsync(enroll({ home, token, clock }))).toBe('CA_MISMATCH');
      expect(impostor.enrolmentRequests).toEqual([]);
      expect(existsSync(home)).toBe(false);
    } finally {
      impostor.stop();
    }
  });

  test('an impostor that shows the true CA behind a certificate it signed itself gets CA_MISMATCH', async () => {
    const received: unknown[] = [];
    const server = new Server();
    const handlers: EnrolmentServiceHandlers = {
      Enroll: (call, callback) => {
        received.push(call.request);
        callback(null, {});
      },
    };
    server.addService(wire.EnrolmentService.service, handlers);
    const [signingKey, serverKey] = [await generateTlsKey(), await generateTlsKey()];
    const { certificatePem } = hub.home.authority;
    const forger = { certificatePem, privateKey: signingKey };
    const leaf = await issueServerCertificate(
      forger,
      { name: 'hub', organisation: 'Hub Ltd', hosts: ['localhost'] },
      (await keyPairOf(serverKey)).publicKey,
      clock.now(),
    );
    const cert_chain = Buffer.from(`${leaf.pem}${certificatePem}`);
    const pair = { private_key: privateKeyPem(serverKey), cert_chain };
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('localhost:0', ServerCredentials.createSsl(null, [pair]), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    try {
      const token = retoken(await hub.invite('bank-mitm2'), { enrolmentAddress: `localhost:${port}` });
      expect(await codedAsync(enroll({ home: hub.newHome('mitm2'), token, clock }))).toBe('CA_MISMATCH');
      expect(received).toEqual([]);
    } finally {
      server.forceShutdown();
    }
  });

  test('a port where nothing or no TLS answers is COORDINATOR_UNREACHABLE', async () => {
    const plain: TcpServer = createTcpServer((socket) => socket.resume().end('HTTP/1.1 400 no\r\n\r\n'));
    await new Promise<void>((resolve) => plain.listen(0, 'localhost', resolve));
    const address = plain.address() as { port: number };
    const noTls = retoken(await hub.invite('bank-dark'), { enrolmentAddress: `localhost:${address.port}` });
    expect(await codedAsync(enroll({ home: hub.newHome('dark'), token: noTls, clock }))).toBe(
      'COORDINATOR_UNREACHABLE',
    );
    await new Promise((resolve) => plain.close(resolve));
    expect(await codedAsync(enroll({ home: hub.newHome('dark'), token: noTls, clock }))).toBe(
      'COORDINATOR_UNREACHABLE',
    );
  });
});

describe('mutual TLS on the main port', () => {
  test('a revoked certificate is refused at the next call on the same channel, whoever revoked it', async () => {
    const { home } = await enrollAs('bank-revoked');
    const own = await homeCredentials(home);
    const client = new wire.ParticipantService(own.address, own.channel, own.channelOptions);
    const list = () =>
      new Promise<string>((resolve) =>
        client.ListCards({}, { deadline: systemClock.now() + 10_000 }, (error) =>
          resolve(error ? remoteError(error).code : 'no error'),
        ),
      );
    try {
      expect(await list()).toBe('no error');
      const otherProcess = new Registry(hub.log, clock);
      await otherProcess.revoke('bank-revoked' as never, 'left the consortium');
      expect(await list()).toBe('CERTIFICATE_REVOKED');
      expect(hub.registry.cards().map(({ name }) => name)).not.toContain('bank-revoked');
    } finally {
      client.close();
    }
  });

  test('a name that was revoked can be invited again; the old certificate stays dead', async () => {
    const old = await enrollAs('bank-back');
    await hub.registry.revoke('bank-back' as never, 'lost its laptop');
    const { home } = await enrollAs('bank-back');
    expect(await codedAsync(fetchCards(await homeCredentials(home)))).toBe('no error');
    expect(await codedAsync(fetchCards(await homeCredentials(old.home)))).toBe('CERTIFICATE_REVOKED');
  });

  test('a certificate by a foreign CA never reaches a handler', async () => {
    const stranger = await IdentityCoordinator.start(clock, 'stranger');
    try {
      const home = stranger.newHome('bank-x');
      await enroll({ home, token: await stranger.invite('bank-x'), clock });
      const own = await homeCredentials(home);
      expect(await codedAsync(fetchCards({ ...own, address: hub.address }))).toBe('COORDINATOR_UNREACHABLE');
    } finally {
      stranger.stop();
    }
  });

  test('a client with a foreign certificate that trusts the right CA is turned away by the handshake', async () => {
    const stranger = await IdentityCoordinator.start(clock, 'stranger');
    try {
      const ca = Buffer.from(hub.home.authority.certificatePem);
      const { private_key, cert_chain } = stranger.home.server;
      for (const channel of [credentials.createSsl(ca, private_key, cert_chain), credentials.createSsl(ca)]) {
        const client = new wire.ParticipantService(hub.address, channel, channelOptions);
        const code = await new Promise((resolve) =>
          client.ListCards({}, { deadline: systemClock.now() + 10_000 }, (error) => resolve(error?.code)),
        );
        client.close();
        expect(code).toBe(14);
      }
    } finally {
      stranger.stop();
    }
  });

  test('a certificate by our CA that the registry never recorded is CERTIFICATE_UNKNOWN', async () => {
    const { home } = await enrollAs('bank-ghost');
    const own = await homeCredentials(home);
    const forgetful = new Registry({ append: async () => {}, read: async () => [] }, clock);
    await expect(forgetful.caller(own.certificateFingerprint)).rejects.toMatchObject({
      code: 'CERTIFICATE_UNKNOWN',
    });
  });

  test('a certificate past its end is CERTIFICATE_EXPIRED on a channel that outlived it', async () => {
    const { home } = await enrollAs('bank-old');
    const own = await homeCredentials(home);
    clock.aheadMs = 900 * 86_400_000;
    try {
      expect(await codedAsync(fetchCards(own))).toBe('CERTIFICATE_EXPIRED');
    } finally {
      clock.aheadMs = 0;
    }
  });

  test('publishing the card again changes nothing; another party may not publish it', async () => {
    const { home } = await enrollAs('bank-card');
    const thief = await enrollAs('bank-thief');
    const own = await homeCredentials(home);
    const before = hub.log.events.length;
    await publishCard(own);
    expect(hub.log.events).toHaveLength(before);
    const stolen = { ...own, channel: (await homeCredentials(thief.home)).channel };
    expect(await codedAsync(publishCard(stolen))).toBe('ROLE_FORBIDDEN');
  });
});

describe('coordinator home', () => {
  test('init makes an operator identity laid out like any home, which can call at once', async () => {
    const own = await homeCredentials(join(hub.folder, 'coordinator', 'operator'));
    expect(own.config).toMatchObject({ name: 'operator', role: 'operator' });
    expect(await codedAsync(fetchCards({ ...own, address: hub.address }))).toBe('no error');
  });

  test('init does not overwrite a coordinator; an init that did not end can be run again', async () => {
    const home = join(hub.newHome('coordinator'), 'nested');
    const log = new MemoryRegistryLog();
    const order = {
      home,
      name: 'hub2',
      organisation: 'Hub Ltd',
      hosts: [],
      address: 'hub.example:7443',
      enrolmentAddress: '[::1]:7444',
      clock,
      openLog: async () => log,
    };
    // A log that several coordinators can reach belongs to the one whose parties are in it.
    expect(await codedAsync(initCoordinator({ ...order, openLog: async () => hub.log }))).toBe('HOME_EXISTS');
    await initCoordinator(order);
    expect(await codedAsync(initCoordinator(order))).toBe('HOME_EXISTS');
    rmSync(join(home, 'authority.json'));
    const again = await initCoordinator(order);
    const opened = await openCoordinatorHome(home);
    expect(opened.caFingerprint).toBe(again.caFingerprint);
    expect(certificateFingerprint(opened.authority.certificatePem)).toBe(again.caFingerprint);
    for (const name of readdirSync(home, { recursive: true }) as string[]) {
      const { mode } = statSync(join(home, name));
      expect([name, mode & 0o077]).toEqual([name, 0]);
    }
  });

  test('a home that is none is HOME_INVALID', async () => {
    expect(await codedAsync(openCoordinatorHome(hub.newHome('none')))).toBe('HOME_INVALID');
    expect(await codedAsync(homeCredentials(hub.newHome('none')))).toBe('HOME_INVALID');
  });
});

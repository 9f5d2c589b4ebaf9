import { credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { remoteError, systemClock } from '../../../contract/index.js';
import {
  createRequest,
  decodeToken,
  enrolmentDigest,
  generateIdentity,
  generateTlsKey,
  signerOf,
} from '../../../crypto/identity/index.js';
import { channelOptions, enroll } from '../../../participant/identity/index.js';
import type { EnrollRequest } from '../../../proto/gen/fedrisk/v1/EnrollRequest.js';
import { wire } from '../../../proto/index.js';
import { codedAsync } from '../../support/coded.js';
import { IdentityCoordinator } from '../../support/identity-coordinator.js';

const clock = { aheadMs: 0, now: () => systemClock.now() + clock.aheadMs };
let hub: IdentityCoordinator;
let client: InstanceType<typeof wire.EnrolmentService>;
beforeAll(async () => {
  hub = await IdentityCoordinator.start(clock);
  const channel = credentials.createSsl(Buffer.from(hub.home.authority.certificatePem));
  client = new wire.EnrolmentService(hub.enrolmentAddress, channel, channelOptions);
});
afterAll(() => {
  client.close();
  hub.stop();
});
/** A new window of the failure limit for every test. */
beforeEach(() => {
  clock.aheadMs += 61_000;
});

const send = (request: EnrollRequest) =>
  new Promise<string>((resolve) =>
    client.Enroll(request, { deadline: systemClock.now() + 10_000 }, (error) =>
      resolve(error ? remoteError(error).code : 'no error'),
    ),
  );

async function goodRequest(token: string) {
  const { invitationId, secret, name, organisation } = decodeToken(token);
  const csrDer = await createRequest(name, organisation, await generateTlsKey());
  const signer = signerOf(generateIdentity().privateKey);
  return {
    invitationId,
    secret: Buffer.from(secret.reveal()).toString('base64url'),
    csrDer,
    identityKey: signer.publicKey,
    identitySignature: signer.sign(enrolmentDigest(invitationId, csrDer)),
  };
}

test('a refused attempt of any kind does not use the token up and records nothing', async () => {
  const token = await hub.invite('bank-a');
  const before = hub.log.events.length;
  const good = await goodRequest(token);
  const other = await goodRequest(token);
  const garbage = Buffer.from(good.csrDer);
  garbage[garbage.length - 3]! ^= 1;
  const signer = signerOf(generateIdentity().privateKey);
  const signed = (csrDer: Uint8Array) => ({
    ...good,
    csrDer,
    identityKey: signer.publicKey,
    identitySignature: signer.sign(enrolmentDigest(good.invitationId, csrDer)),
  });
  expect(await send({})).toBe('MESSAGE_MALFORMED');
  expect(await send({ ...good, csrDer: Buffer.alloc(5000) })).toBe('MESSAGE_MALFORMED');
  expect(await send({ ...good, identityKey: '', identitySignature: '' })).toBe('MESSAGE_MALFORMED');
  expect(await send({ ...good, csrDer: other.csrDer })).toBe('SIGNATURE_INVALID');
  expect(await send({ ...good, identityKey: other.identityKey })).toBe('SIGNATURE_INVALID');
  expect(await send(signed(garbage))).toBe('MESSAGE_MALFORMED');
  expect(await send(signed(Buffer.from('not a request')))).toBe('MESSAGE_MALFORMED');
  expect(hub.log.events).toHaveLength(before);
  expect(await send(good)).toBe('no error');
});

test('a person may not bring an identity key', async () => {
  const good = await goodRequest(await hub.invite('ada', 'scientist'));
  expect(await send(good)).toBe('MESSAGE_MALFORMED');
  expect(await send({ ...good, identityKey: '', identitySignature: '' })).toBe('no error');
});

test('the subject of a request is ignored: the invitation says who it is', async () => {
  const token = await hub.invite('bank-b');
  const good = await goodRequest(token);
  const csrDer = await createRequest('operator', 'Hub Ltd', await generateTlsKey());
  const signer = signerOf(generateIdentity().privateKey);
  const identitySignature = signer.sign(enrolmentDigest(good.invitationId, csrDer));
  expect(await send({ ...good, csrDer, identityKey: signer.publicKey, identitySignature })).toBe('no error');
  expect(hub.registry.parties().find(({ name }) => name === 'bank-b')).toMatchObject({ role: 'bank' });
});

test('after ten failures an address waits a minute, honest or not; each refusal is told once', async () => {
  const token = await hub.invite('bank-c');
  const good = await goodRequest(token);
  const before = hub.refusals.length;
  for (let attempt = 0; attempt < 10; attempt += 1) {
    expect(await send({ ...good, secret: 'A'.repeat(43) })).toBe('TOKEN_INVALID');
  }
  expect(await send(good)).toBe('RATE_LIMITED');
  expect(hub.refusals.slice(before)).toEqual(Array(10).fill('TOKEN_INVALID'));
  clock.aheadMs += 61_000;
  expect(await codedAsync(enroll({ home: hub.newHome('c'), token, clock }))).toBe('no error');
});

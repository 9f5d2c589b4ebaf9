import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HexDigest, ParticipantName } from '../../../contract/index.js';
import { Registry, type RegistryEvent } from '../../../coordinator/identity/index.js';
import { applyRegistryEvent, emptyRegistry } from '../../../coordinator/identity/registry-state.js';
import { MemoryRegistryLog } from '../../support/memory-registry-log.js';

const hex = (byte: number, length: number) => byte.toString(16).padStart(2, '0').repeat(length);
const names = ['bank-a', 'bank-b'] as ParticipantName[];
const base = { atMs: 0, organisation: 'Bank', expiresMs: 10 ** 6 };

/** Few names, invitations and certificates, so that events collide often. */
const anyEvent: fc.Arbitrary<RegistryEvent> = fc.oneof(
  fc.record({ name: fc.constantFrom(...names), id: fc.nat({ max: 3 }) }).map(({ name, id }) => ({
    kind: 'invited' as const,
    ...base,
    role: 'bank' as const,
    invitationId: hex(id, 16),
    secretDigest: hex(id, 32) as HexDigest,
    name,
  })),
  fc
    .record({ name: fc.constantFrom(...names), id: fc.nat({ max: 3 }), certificate: fc.nat({ max: 200 }) })
    .map(({ name, id, certificate }) => ({
      kind: 'enrolled' as const,
      ...base,
      role: 'bank' as const,
      invitationId: hex(id, 16),
      name,
      certificateFingerprint: hex(certificate, 32) as HexDigest,
      certificatePem: '',
      requestDigest: hex(certificate, 32) as HexDigest,
      identityKey: hex(certificate, 32),
    })),
  fc.constantFrom(...names).map((name) => ({ kind: 'revoked' as const, atMs: 0, name, reason: '' })),
);

test('laws of the fold: one certificate per invitation, one live certificate per name, the revoked stay so', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
      const state = emptyRegistry();
      const revoked = new Set<unknown>();
      for (const event of events) {
        applyRegistryEvent(state, event);
        const live = [...state.enrolments.values()].filter((enrolment) => !enrolment.revoked);
        expect(new Set(live.map(({ name }) => name)).size).toBe(live.length);
        for (const enrolment of live) expect(state.holders.get(enrolment.name)).toBe(enrolment);
        for (const enrolment of state.enrolments.values()) if (enrolment.revoked) revoked.add(enrolment);
        for (const enrolment of revoked) expect(enrolment).toMatchObject({ revoked: true });
      }
    }),
    { numRuns: 300 },
  );
});

test('two registries on one log answer alike whatever either appends', async () => {
  const log = new MemoryRegistryLog();
  const clock = { now: () => 1000 };
  const [one, two] = [new Registry(log, clock), new Registry(log, clock)];
  const subject = { name: names[0]!, organisation: 'Bank', role: 'bank' as const };
  const { invitationId, secret } = await one.invite(subject, 60_000);
  const enrolment = (certificate: number) => ({
    invitationId,
    ...subject,
    certificateFingerprint: hex(certificate, 32) as HexDigest,
    certificatePem: '',
    requestDigest: hex(certificate, 32) as HexDigest,
    identityKey: hex(certificate, 32),
    expiresMs: 2000,
  });
  await one.invitation(invitationId, secret, hex(1, 32));
  await two.invitation(invitationId, secret, hex(2, 32));
  expect((await one.enrol(enrolment(1))).certificateFingerprint).toBe(hex(1, 32));
  await expect(two.enrol(enrolment(2))).rejects.toMatchObject({ code: 'TOKEN_USED' });
  expect((await two.caller(hex(1, 32) as HexDigest)).name).toBe('bank-a');
  await expect(one.caller(hex(2, 32) as HexDigest)).rejects.toMatchObject({ code: 'CERTIFICATE_UNKNOWN' });
  await two.revoke(names[0]!, 'test');
  await expect(one.caller(hex(1, 32) as HexDigest)).rejects.toMatchObject({ code: 'CERTIFICATE_REVOKED' });
  await expect(one.revoke(names[1]!, 'test')).rejects.toMatchObject({ code: 'PARTICIPANT_UNKNOWN' });
});

test('revoking a name that is only invited withdraws the invitation', async () => {
  const registry = new Registry(new MemoryRegistryLog(), { now: () => 0 });
  const subject = { name: names[0]!, organisation: 'Bank', role: 'bank' as const };
  const { invitationId, secret } = await registry.invite(subject, 60_000);
  await registry.revoke(names[0]!, 'sent to the wrong person');
  await expect(registry.invitation(invitationId, secret, hex(1, 32))).rejects.toMatchObject({
    code: 'TOKEN_INVALID',
  });
});

test('the log holds no secret: the events of an invitation do not contain it in any form', async () => {
  const log = new MemoryRegistryLog();
  const { secret } = await new Registry(log, { now: () => 0 }).invite(
    { name: names[0]!, organisation: 'Bank', role: 'bank' },
    60_000,
  );
  const text = JSON.stringify(log.events);
  for (const form of ['hex', 'base64', 'base64url'] as const) {
    expect(text).not.toContain(Buffer.from(secret.reveal()).toString(form));
  }
});

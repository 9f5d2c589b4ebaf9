import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkCoordinatorVersion,
  eventBody,
  isTold,
  jobSpec,
  knows,
  neededRelease,
  ownRelease,
  participantRelease,
  specDigest,
  specJson,
} from '../../../contract/index.js';
import { specFor, verticalSpecFor } from '../../support/cast.js';
import { coded } from '../../support/coded.js';

const [major, minor] = ownRelease.split('.').map(Number) as [number, number];
const part = fc.integer({ min: 0, max: 9999 });

it('is the minor version of the package', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(version.startsWith(`${ownRelease}.`)).toBe(true);
});

describe('versions that go together', () => {
  it.each([
    [`${major}.${minor}.0`, 'no error', 'no error'],
    [`${major}.${minor}.17-rc.1`, 'no error', 'no error'],
    [`${major}.${minor - 1}.3`, 'no error', 'VERSION_UNSUPPORTED'],
    [`${major}.${minor - 2}.0`, 'VERSION_UNSUPPORTED', 'VERSION_UNSUPPORTED'],
    [`${major}.${minor + 1}.0`, 'VERSION_UNSUPPORTED', 'no error'],
    [`${major}.${minor + 2}.0`, 'VERSION_UNSUPPORTED', 'VERSION_UNSUPPORTED'],
    [`${major + 1}.${minor}.0`, 'VERSION_UNSUPPORTED', 'VERSION_UNSUPPORTED'],
    ['', 'VERSION_UNSUPPORTED', 'VERSION_UNSUPPORTED'],
    ['new', 'VERSION_UNSUPPORTED', 'VERSION_UNSUPPORTED'],
  ])('%s as a participant: %s; as the coordinator: %s', (version, asParticipant, asCoordinator) => {
    expect(coded(() => participantRelease(version, 'bank-a'))).toBe(asParticipant);
    expect(coded(() => checkCoordinatorVersion(version))).toBe(asCoordinator);
  });

  it('whoever is older upgrades, the coordinator first', () => {
    expect(() => participantRelease(`${major}.${minor + 1}.0`, 'bank-a')).toThrow(/coordinator is upgraded/);
    expect(() => participantRelease('0.0.1', 'bank-a')).toThrow(/operator of bank-a/);
    expect(() => checkCoordinatorVersion('0.0.1')).toThrow(/: the coordinator is upgraded/);
    expect(() => checkCoordinatorVersion(`${major}.${minor + 2}.0`)).toThrow(
      /: this participant is upgraded/,
    );
  });

  it('law: a coordinator takes exactly two minor versions', () => {
    fc.assert(
      fc.property(part, part, part, (one, two, patch) => {
        const taken = one === major && (two === minor || two === minor - 1);
        const code = coded(() => participantRelease(`${one}.${two}.${patch}`, 'bank-a'));
        expect(code).toBe(taken ? 'no error' : 'VERSION_UNSUPPORTED');
      }),
    );
  });

  it('law: what a version knows every later one of the same major version knows', () => {
    fc.assert(
      fc.property(part, part, part, (one, two, three) => {
        const [older, newer] = [Math.min(two, three), Math.max(two, three)];
        expect(knows(`${one}.${newer}`, `${one}.${older}`)).toBe(true);
        expect(knows(`${one}.${older}`, `${one}.${newer}`)).toBe(older === newer);
        expect(knows(`${one + 1}.${newer}`, `${one}.${older}`)).toBe(false);
      }),
    );
  });
});

describe('what a job needs', () => {
  const parties = ['bank-a', 'platform-x'];
  const waiting = (rejoinSeconds?: number) =>
    verticalSpecFor(parties, { nonce: `${'0'.repeat(63)}1`, deadlines: { rejoinSeconds } });

  it('is 0.2 for sums that go on without somebody, and 0.1 for vertical jobs with the usual wait', () => {
    expect(neededRelease(specFor(['bank-a', 'bank-b', 'bank-c']))).toBe('0.2');
    expect(neededRelease(waiting())).toBe('0.1');
    expect(neededRelease(waiting(3600))).toBe('0.1');
    expect(neededRelease(waiting(60))).toBe('0.2');
  });

  it('leaves a vertical spec as 0.1 reads and digests it', () => {
    // Computed by 0.1.0 (commit d98749a) for this spec.
    const digest = 'c59744419003e80395c1fdfb73ee84cb636d09304459e09484b75577a7d00b05';
    expect(specDigest(waiting())).toBe(digest);
    expect(specDigest(waiting(3600))).toBe(digest);
    expect(specJson(waiting())).not.toContain('rejoinSeconds');
    expect(specDigest(waiting(60))).not.toBe(digest);
    expect(jobSpec.parse(JSON.parse(specJson(waiting())))).toEqual(waiting());
    expect(jobSpec.parse(JSON.parse(specJson(waiting(60))))).toEqual(waiting(60));
  });

  it('keeps from an older participant only what nobody acts upon', () => {
    const kinds = eventBody.options.map((option) => option.shape.kind.value);
    expect(kinds.filter((kind) => !isTold('0.1', kind))).toEqual(['stalled', 'revoked']);
    expect(kinds.filter((kind) => !isTold(ownRelease, kind))).toEqual([]);
  });
});

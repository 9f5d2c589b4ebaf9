import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../contract/index.js';
import { dutiesOf } from '../../../participant/rounds/duties.js';
import { codeOf, Stage } from './stage.js';

const three = ['bank-a', 'bank-b', 'platform-x'];
const far = 1_800_000_000_000;

describe('a coordinator that goes on with a job', () => {
  test('which the participant refused: it does not join', () => {
    const stage = new Stage(three).answer('bank-a', false).answer('bank-b', true).answer('platform-x', true);
    stage.add({ kind: 'consented', deadlineMs: far });
    expect(codeOf(() => dutiesOf(stage.transcript(), false))).toBe('MESSAGE_UNEXPECTED');
  });

  test('which the participant has not answered yet', () => {
    const stage = new Stage(three).answer('bank-b', true).answer('platform-x', true);
    stage.add({ kind: 'consented', deadlineMs: far });
    expect(codeOf(() => stage.transcript())).toBe('MESSAGE_UNEXPECTED');
  });

  test('on the consent that the participant gave to another job', () => {
    const other = new Stage(three).answer('bank-a', true);
    const stage = new Stage(three).add(other.bodies[1]!);
    stage.add({ kind: 'consented', deadlineMs: far });
    expect(codeOf(() => stage.transcript())).toBe('SIGNATURE_INVALID');
  });
});

test('a sealed message in a later piece does not take the place of the first', async () => {
  const stage = await new Stage(three).joined();
  stage.say('bank-b', {
    kind: 'sealed',
    to: 'bank-a' as never,
    purpose: 'job-keys',
    sum: 0,
    seq: 1,
    last: true,
    enc: new Uint8Array(32),
    ciphertext: new Uint8Array(17),
    signature: '0'.repeat(128),
  });
  expect(codeOf(() => stage.transcript())).toBe('MESSAGE_UNEXPECTED');
});

test('RFC 8785 §3.2.2.2: a lone surrogate has no canonical form, as a key no more than as a value', () => {
  expect(() => canonicalJson({ a: '\ud800' })).toThrow(TypeError);
  expect(() => canonicalJson({ '\ud800': 'a' })).toThrow(TypeError);
});

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { raisePoints } from '../../../crypto/psi/curve.js';
import { idDigests } from '../../../crypto/psi/index.js';

/** What secretflow.py prints: both parties of one run of SecretFlow's ECDH-PSI over Curve25519. */
interface Run {
  readonly version: string;
  readonly parties: readonly {
    readonly ids: readonly string[];
    readonly scalar: string;
    /** Double-blinded values of the party's ids, hex, the last 12 bytes of each. */
    readonly compared: readonly string[];
  }[];
}

const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const scalarOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

function expectSameValues({ parties }: Run): void {
  const [a, b] = parties as [Run['parties'][0], Run['parties'][0]];
  for (const [own, peer] of [
    [a, b],
    [b, a],
  ] as const) {
    const blinded = raisePoints(scalarOf(own.scalar), idDigests(own.ids, []).digests);
    const raised = Buffer.from(raisePoints(scalarOf(peer.scalar), blinded, 12));
    const values = own.ids.map((_, k) => raised.subarray(12 * k, 12 * k + 12).toString('hex'));
    expect(values).toEqual(own.compared);
  }
}

describe('SecretFlow compares the same values', () => {
  test('in a recorded run of its 0.9.5', () => {
    const run = JSON.parse(readFileSync(beside('secretflow-0.9.5.json'), 'utf8')) as Run;
    expect(run.parties.map(({ ids }) => ids.length)).toEqual([10, 8]);
    expectSameValues(run);
  });

  const python = process.env.PYTHON ?? 'python3';
  const probe = spawnSync(python, ['-c', 'import importlib.util as u; exit(u.find_spec("spu") is None)']);
  test.skipIf(probe.status !== 0)(
    'in a run now (skipped unless PYTHON names an interpreter with the package spu)',
    () => {
      const { stdout, stderr, status } = spawnSync(
        python,
        [beside('secretflow.py'), '13800138000,张三,é,only-here', '张三,0,13800138000'],
        { encoding: 'utf8', timeout: 50_000 },
      );
      expect(status, stderr.slice(-2000)).toBe(0);
      expectSameValues(JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Run);
    },
  );
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { CodedError, Secret, workerBeside } from '../../../contract/index.js';
import { encodePsiSecrets } from '../../../crypto/psi/index.js';
import { batchPoints, type PointSource, PsiPool } from '../../../crypto/psi/pool.js';
import { raiseToFile } from '../../../crypto/psi/raised-file.js';
import { codedAsync } from '../../support/coded.js';
import { Side, scratchFolder } from './sides.js';

const folder = scratchFolder();
const pool = PsiPool.open({ threads: 2 });
afterAll(() => pool.close());

const values = Array.from({ length: batchPoints + 100 }, (_, k) => `id ${k}`);

describe('a side killed while it raises', () => {
  test('goes on to the same bytes from any cut, and asks only for what is missing', async () => {
    const side = new Side(pool, folder, values);
    await side.blind();
    const whole = readFileSync(side.blinded);
    const cuts = [0, 1, 31, 32, 33, 32 * batchPoints - 1, 32 * batchPoints, whole.length - 1, whole.length];
    for (const cut of cuts) {
      rmSync(side.blinded);
      writeFileSync(`${side.blinded}.part`, whole.subarray(0, cut));
      await side.blind();
      expect(readFileSync(side.blinded).equals(whole)).toBe(true);
      expect(existsSync(`${side.blinded}.part`)).toBe(false);
    }
  });

  test('every cut of a short message', async () => {
    const a = new Side(pool, folder, ['p', 'q', 'r', 's']);
    const b = new Side(pool, folder, ['r', 's', 't']);
    await Promise.all([a.blind(), b.blind()]);
    await a.raise(b);
    const whole = readFileSync(a.raised);
    for (let cut = 0; cut <= whole.length; cut++) {
      rmSync(a.raised);
      writeFileSync(`${a.raised}.part`, whole.subarray(0, cut));
      await a.raise(b);
      expect(readFileSync(a.raised).equals(whole)).toBe(true);
    }
  });

  test('does not raise again what is there', async () => {
    const reads: [number, number][] = [];
    const source: PointSource = {
      count: 3 * batchPoints,
      read(start, count) {
        reads.push([start, count]);
        return new Uint8Array(count * 32)
          .fill(9)
          .map((byte, k) => (k % 32 < 4 ? (start + (k >> 5)) >> (8 * (k % 32)) : byte));
      },
    };
    const task = {
      pool,
      source,
      scalar: new Secret(new Uint8Array(32).fill(5)),
      width: 10,
      check: true,
      output: join(folder, 'counted'),
    };
    await raiseToFile(task);
    const whole = readFileSync(task.output);
    rmSync(task.output);
    writeFileSync(`${task.output}.part`, whole.subarray(0, 10 * 2 * batchPoints + 7));
    reads.length = 0;
    await raiseToFile(task);
    // First and last kept record to compare, then the rest.
    expect(reads).toEqual([
      [0, 1],
      [2 * batchPoints - 1, 1],
      [2 * batchPoints, batchPoints],
    ]);
    expect(readFileSync(task.output).equals(whole)).toBe(true);
    reads.length = 0;
    await raiseToFile(task);
    expect(reads.length).toBe(2);
  });

  test('SIGKILL in the middle, then another process, give the bytes of an undisturbed run', async () => {
    const count = 5 * batchPoints;
    const side = new Side(
      pool,
      folder,
      Array.from({ length: count }, (_, k) => `id ${k}`),
    );
    await side.blind();
    const output = join(folder, 'killed');
    const secrets = Buffer.from(encodePsiSecrets(side.secrets)).toString('hex');
    const start = () =>
      spawn(process.execPath, [
        workerBeside(import.meta.url, 'killed-side.js'),
        output,
        String(count),
        secrets,
      ]);
    const killed = start();
    const partBytes = () => (existsSync(`${output}.part`) ? statSync(`${output}.part`).size : 0);
    while (killed.exitCode === null && partBytes() === 0) await sleep(5);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    expect(killed.signalCode).toBe('SIGKILL');
    expect(existsSync(output)).toBe(false);
    expect(partBytes()).toBeGreaterThan(0);
    const [code] = (await once(start(), 'exit')) as [number];
    expect(code).toBe(0);
    expect(readFileSync(output).equals(readFileSync(side.blinded))).toBe(true);
  });

  test('files of another scalar, with holes, or too long are begun anew', async () => {
    const side = new Side(pool, folder, values);
    const stranger = new Side(pool, folder, values);
    await Promise.all([side.blind(), stranger.blind()]);
    const whole = readFileSync(side.blinded);
    const holed = Buffer.from(whole);
    holed.fill(0, 65536, 65536 + 4096);
    for (const left of [readFileSync(stranger.blinded), holed, Buffer.concat([whole, whole])]) {
      for (const path of [side.blinded, `${side.blinded}.part`]) {
        rmSync(side.blinded, { force: true });
        writeFileSync(path, left);
        await side.blind();
        expect(readFileSync(side.blinded).equals(whole)).toBe(true);
      }
    }
  });

  test('a stop by signal leaves a part to go on from', async () => {
    const side = new Side(pool, folder, values);
    const stopping = new AbortController();
    const reason = new CodedError('PSI_SET_CHANGED', 'any reason');
    const blinding = side.blind(stopping.signal);
    setImmediate(() => stopping.abort(reason));
    await expect(blinding).rejects.toBe(reason);
    expect(existsSync(side.blinded)).toBe(false);
    await side.blind();
    expect(readFileSync(side.blinded).length).toBe(32 * values.length);
  });
});

describe('a thread that dies', () => {
  test('is an error, not a wait without end', async () => {
    const workerFile = join(folder, 'dying.cjs');
    writeFileSync(workerFile, 'module.exports = () => process.exit(1);');
    const dying = PsiPool.open({ threads: 2, workerFile });
    const side = new Side(dying, folder, values);
    expect(await codedAsync(side.blind().catch(asInternal))).toBe('INTERNAL');
    expect(existsSync(side.blinded)).toBe(false);
    await dying.close();
  });

  test('closing the pool ends what is under way', async () => {
    const closing = PsiPool.open({ threads: 1 });
    const side = new Side(closing, folder, values);
    const blinding = side.blind().then(
      () => 'done',
      () => 'ended',
    );
    setImmediate(() => void closing.close());
    expect(await blinding).toBe('ended');
  });
});

function asInternal(thrown: unknown): never {
  if (thrown instanceof CodedError) throw thrown;
  throw new CodedError('PSI_POINT_INVALID', 'the pool threw something without a code');
}

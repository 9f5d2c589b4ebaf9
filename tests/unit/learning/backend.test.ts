import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { loadBackend } from '../../../learning/index.js';

describe('the tensor backend', () => {
  it('is loaded once per thread', async () => {
    expect(await loadBackend()).toBe(await loadBackend());
  });

  it('says nothing and leaves uncaught errors to the program', () => {
    const script = `
      import { loadBackend } from './dist/learning/index.js';
      const { tf } = await loadBackend();
      tf.tidy(() => tf.matMul(tf.ones([2, 2]), tf.ones([2, 2])).dataSync());
      process.exitCode = process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
    `;
    const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect({ status: ran.status, stdout: ran.stdout, stderr: ran.stderr }).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
  });
});

import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { initCoordinator, startCoordinator } from '../../coordinator/main.js';
import { findS3, startS3 } from '../support/s3-server.js';

const s3 = findS3();

test.runIf('python' in s3)(
  'a folder of an S3 store belongs to the coordinator that started on it first, and to copies of its home',
  async () => {
    const server = await startS3((s3 as { python: string }).python);
    onTestFinished(() => server.stop());
    const { url, endpoint, accessKey, secretKey } = await server.newBucket();
    const before = { ...process.env };
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey });
    onTestFinished(() => {
      process.env = before;
    });
    const folder = mkdtempSync(join(tmpdir(), 'fedrisk-s3-home-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    for (const name of ['first', 'stranger']) {
      const home = join(folder, name);
      const addresses = { address: '127.0.0.1:1', enrolmentAddress: '127.0.0.1:2', hosts: ['127.0.0.1'] };
      await initCoordinator({ home, name, organisation: 'Hub', ...addresses });
      appendFileSync(join(home, 'coordinator.yaml'), `\nblobs: ${url}\nblobsEndpoint: ${endpoint}\n`);
    }
    cpSync(join(folder, 'first'), join(folder, 'copy'), { recursive: true });
    const start = { host: '127.0.0.1', port: 0, enrolmentPort: 0, logLevel: 'silent' } as const;
    for (const name of ['first', 'copy']) {
      const { close } = await startCoordinator({ ...start, home: join(folder, name) });
      await close();
    }
    const stranger = startCoordinator({ ...start, home: join(folder, 'stranger') });
    await expect(stranger).rejects.toMatchObject({ code: 'HOME_INVALID' });
  },
  120_000,
);

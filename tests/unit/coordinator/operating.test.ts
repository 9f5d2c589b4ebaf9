import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { plainPalette } from '../../../cli/text/palette.js';
import { coordinatorPage } from '../../../cli/views/coordinator.js';
import { Secret, specDigest, specJson } from '../../../contract/index.js';
import {
  backupCoordinator,
  coordinatorStatus,
  initCoordinator,
  restoreCoordinator,
} from '../../../coordinator/main.js';
import { open } from '../../../coordinator/rounds/index.js';
import { openSqliteStore } from '../../../coordinator/store/index.js';
import { spec } from './support/honest.js';

const backupPassphrase = new Secret(Buffer.from('the passphrase of the backup'));
const cached = 'bytes of a ciphertext';

/** A home with an unfinished job and a file of it under `blobs`. */
async function homeWith(config: string) {
  const folder = mkdtempSync(join(tmpdir(), 'fedrisk-operating-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const home = join(folder, 'hub');
  const at = { hosts: [], address: 'localhost:1', enrolmentAddress: 'localhost:2' };
  await initCoordinator({ home, name: 'hub', organisation: 'Hub Ltd', ...at });
  writeFileSync(join(home, 'coordinator.yaml'), config);
  const submitted = {
    kind: 'submitted',
    ...{ specJson: specJson(spec()), specDigest: specDigest(spec()) },
    ...{ submitter: 'ana', organisation: 'Bank A', deadlineMs: Date.now() + 3_600_000 },
  } as const;
  const { events, state } = open(submitted, Date.now());
  const { jobId } = state.charter;
  const store = openSqliteStore(join(home, 'coordinator.sqlite'));
  const row = { jobId, specDigest: submitted.specDigest, submitter: 'ana', idempotencyKey: '' };
  await store.createJob({ ...row, first: events[0]! });
  await store.close();
  const place = join(home, 'blobs', jobId.slice('job-'.length), '0');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'added'), cached);
  return { folder, home, jobId };
}

async function backedUp(config: string) {
  const { folder, home, jobId } = await homeWith(config);
  const file = join(folder, 'hub.backup');
  const report = await backupCoordinator({ home, file, backupPassphrase, withCiphertexts: true });
  expect(report.unfinishedJobs).toEqual([jobId]);
  const restored = await restoreCoordinator({ home: join(folder, 'again'), file, backupPassphrase });
  return { report, restored };
}

describe('a backup with ciphertexts', () => {
  it('holds those that the home keeps', async () => {
    const { report, restored } = await backedUp('');
    expect(report).toMatchObject({ ciphertexts: true, blobs: 'folder' });
    expect(restored).toMatchObject({ ciphertexts: true, blobs: 'folder' });
  });

  it('holds none of a shared store, of which the home has only some at hand, and says where they are', async () => {
    const { report, restored } = await backedUp('blobs: s3://bucket/folder\n');
    expect(report).toMatchObject({ ciphertexts: false, blobs: 's3' });
    expect(restored).toMatchObject({ ciphertexts: false, blobs: 's3' });
  });
});

describe('the status of a coordinator', () => {
  const line = async (config: string) => {
    const { home } = await homeWith(config);
    const status = await coordinatorStatus({ home });
    expect(status.blobBytes).toBe(cached.length);
    return coordinatorPage(status, Date.now(), plainPalette);
  };

  it('tells ciphertexts of its home from those at hand of a shared store', async () => {
    expect(await line('')).toMatch(/ciphertexts 21 B$/m);
    expect(await line('blobs: s3://bucket\n')).toMatch(
      /ciphertexts in the S3 store; 21 B of them\s+also\s+here$/m,
    );
  });
});

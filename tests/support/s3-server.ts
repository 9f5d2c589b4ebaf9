import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'minio';
import type { S3Access } from '../../coordinator/blobs/index.js';
import { freePort } from './postgres-cluster.js';

/** A Python that has moto's server (`pip install 'moto[server]'`): FEDRISK_S3, else python3; or why there is none. */
export function findS3(): { readonly python: string } | { readonly missing: string } {
  const python = process.env.FEDRISK_S3 ?? 'python3';
  try {
    execFileSync(python, ['-c', 'import moto.server'], { stdio: 'ignore' });
    return { python };
  } catch {
    return { missing: `${python} has no moto (pip install 'moto[server]', or FEDRISK_S3=PYTHON)` };
  }
}

export interface S3Server {
  /** A new bucket, and a folder in it. */
  newBucket(): Promise<S3Access>;
  client: Client;
  stop(): void;
}

/** Keeps its objects in memory. */
export async function startS3(python: string): Promise<S3Server> {
  const port = await freePort();
  const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)];
  const server: ChildProcess = spawn(python, args, { stdio: 'ignore' });
  const keys = { accessKey: 'tester', secretKey: 'tester-secret' };
  const client = new Client({ endPoint: '127.0.0.1', port, useSSL: false, ...keys, region: 'us-east-1' });
  for (let tries = 0; ; tries++) {
    try {
      await client.listBuckets();
      break;
    } catch (error) {
      if (tries === 300 || server.exitCode !== null) throw error;
      await delay(200);
    }
  }
  let buckets = 0;
  return {
    client,
    newBucket: async () => {
      const bucket = `ciphertexts-${buckets++}`;
      await client.makeBucket(bucket, 'us-east-1');
      const endpoint = `http://127.0.0.1:${port}`;
      return { url: `s3://${bucket}/risk/models`, endpoint, region: 'us-east-1', ...keys };
    },
    stop: () => server.kill('SIGKILL'),
  };
}

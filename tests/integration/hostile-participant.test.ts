import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type HexDigest,
  type JobId,
  type Post,
  type PostOf,
  type SealedPurpose,
  Secret,
} from '../../contract/index.js';
import { type SumId, unpackJobKeys } from '../../crypto/secure-sum/index.js';
import { deafening } from '../support/hostile-attacks.js';
import { type Attack, HostileFederation, type Lie, names } from '../support/hostile-federation.js';
import { reencrypted, resealed } from '../support/hostile-lies.js';

const hangMs = 120_000;
const liar = 'bank-b';
/** Where it begins in the shares of a sum, behind that of the mask secret. */
const shareOfSeed = 33;

let federation: HostileFederation;
beforeAll(async () => {
  federation = await HostileFederation.start();
}, hangMs);
afterAll(() => federation?.close());

/** How a job ends for the participants that do not lie, and what the submitter is shown. */
async function endOf(jobId: JobId, honest: readonly string[]) {
  const endings = await federation.endings(jobId);
  for (const name of honest) {
    expect(existsSync(join(federation.jobFolder(name, jobId), 'model.json'))).toBe(false);
  }
  const codes = honest.map((name) => endings[name]!.code);
  const { state, code, detail } = await federation.shown(jobId);
  return { codes, state, code, detail };
}

/** Changes one byte inside sealed posts to one receiver, or to all, properly signed by their sender. */
function tampering(sender: string, purpose: SealedPurpose, to: string, at: number): Lie {
  return async (post: Post, jobId) => {
    const { body } = post;
    if (body.kind !== 'sealed' || body.purpose !== purpose || (to !== '*' && body.to !== to)) return post;
    const pair = federation.journals.get(body.to)!.secret(jobId, 'seal-key-pair')!.reveal();
    const keys = {
      jobId,
      receiver: new Secret(pair.slice(32)),
      receiverKey: Buffer.from(pair.subarray(0, 32)).toString('hex'),
      signer: federation.credentials.get(sender)!.participant!.signer,
    };
    return resealed(post, keys, (plaintext) => flipped(plaintext, at));
  };
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[at] = changed[at]! ^ 1;
  return changed;
}

/** Encrypts the liar's reveal of the first sum anew, with another seed. */
const wrongSeed: Lie = (post, jobId) => {
  if (post.body.kind !== 'reveal' || post.body.sum !== 0) return post;
  const journal = federation.journals.get(liar)!;
  const { reveal: key } = unpackJobKeys(journal.secret(jobId, 'job-keys')!.reveal());
  const { survivorDigest } = journal.said(jobId, 'survivorSignature/0')!.body as PostOf<'survivorSignature'>;
  const sumId: SumId = { jobId, round: 0, purpose: 'magnitudes', sum: 0 };
  const change = (seed: Uint8Array) => flipped(seed, 0);
  return reencrypted(post, { key, at: { sumId, survivorDigest }, change });
};

describe('a participant that lies ends the job for all, with the same code everywhere', () => {
  test.each<[string, Lie, string]>([
    [
      'a sealed message that does not open',
      (post) => {
        const { body } = post;
        if (body.kind !== 'sealed' || body.purpose !== 'sum-shares') return post;
        return { ...post, body: { ...body, ciphertext: body.ciphertext.map((byte) => byte ^ 1) } };
      },
      'SEALED_INVALID',
    ],
    [
      'another survivor set signed',
      (post) => swapped(post, 'survivorSignature', 'survivorDigest'),
      'SURVIVORS_MISMATCH',
    ],
    ['another model reported', (post) => swapped(post, 'applied', 'fingerprint'), 'MODEL_DISAGREEMENT'],
    [
      'another metric reported',
      (post) => {
        if (post.body.kind !== 'applied') return post;
        return { ...post, body: { ...post.body, metrics: [{ name: 'auc', round: 0, value: 0.99 }] } };
      },
      'MODEL_DISAGREEMENT',
    ],
    [
      'other bytes than the parameter set prescribes',
      (post) => {
        if (post.body.kind !== 'contribution') return post;
        return { ...post, body: { ...post.body, bytes: post.body.bytes + 1 } };
      },
      'SUM_MALFORMED',
    ],
  ])(
    '%s',
    async (_, lie, code) => {
      const jobId = await federation.submit({ lies: { [liar]: lie } });
      const honest = names.filter((name) => name !== liar);
      expect(await endOf(jobId, honest)).toMatchObject({ codes: [code, code], state: 'failed', code });
    },
    hangMs,
  );

  test(
    'other job keys for one receiver than it committed to, by the participant that makes them',
    async () => {
      const lie = tampering('bank-a', 'job-keys', 'platform-x', 1631);
      const jobId = await federation.submit({ lies: { 'bank-a': lie } });
      const { codes, code } = await endOf(jobId, ['bank-b', 'platform-x']);
      expect([...codes, code]).toEqual(['COMMITMENT_MISMATCH', 'COMMITMENT_MISMATCH', 'COMMITMENT_MISMATCH']);
      // Nobody signed the roster with keys that differ, so no sum ever began.
      for (const name of names) expect(federation.journals.get(name)!.outgoing(jobId, 0)).toBeUndefined();
    },
    hangMs,
  );

  test(
    'or stops nobody, with wrong shares of a seed that it opens itself',
    async () => {
      const lie = tampering(liar, 'sum-shares', '*', shareOfSeed + 5);
      const jobId = await federation.submit({ lies: { [liar]: lie } });
      expect(await federation.verdicts(jobId)).toEqual(names.map(() => 'finished'));
    },
    hangMs,
  );

  test(
    'another seed than it committed to, among so few that nobody can do without its shares of it',
    async () => {
      const jobId = await federation.submit({ lies: { [liar]: wrongSeed } });
      const honest = names.filter((name) => name !== liar);
      const mismatch = 'COMMITMENT_MISMATCH';
      const end = await endOf(jobId, honest);
      expect(end).toMatchObject({ codes: [mismatch, mismatch], state: 'failed', code: mismatch });
      expect(end.detail).toContain(liar);
      for (const name of honest) {
        const journal = federation.journals.get(name)!;
        expect(journal.said(jobId, 'applied/0')).toBeUndefined();
      }
    },
    hangMs,
  );

  test(
    'a report on another sum, with a coordinator that hides the failure: nobody keeps a model',
    async () => {
      const attack: Attack = { deliver: deafening() };
      const lie: Lie = (post) => swapped(post, 'applied', 'sumDigest');
      const jobId = await federation.submit({
        attack,
        lies: { [liar]: lie },
        spec: { deadlines: { openingSeconds: 5 } },
      });
      await expect
        .poll(async () => (await federation.shown(jobId)).state, { timeout: hangMs })
        .toBe('failed');
      for (const name of names) {
        expect(existsSync(join(federation.jobFolder(name, jobId), 'model.json'))).toBe(false);
        expect(federation.journals.get(name)!.job(jobId)?.state).not.toBe('finished');
      }
    },
    hangMs,
  );
});

// A refusal ends the job while others still read their rows: ending a thread inside DuckDB took the process down once.
describe('data that cannot be learnt from reaches the submitter with its participant', () => {
  test(
    'an update that is not finite',
    async () => {
      const training = { rounds: 2, epochs: 4, batchRows: 32, optimizer: 'sgd', learningRate: 1000, l2: 10 };
      const jobId = await federation.submit({ spec: { training } });
      const { codes, state, code, detail } = await endOf(jobId, names);
      expect({ codes, state, code }).toEqual({
        codes: ['UPDATE_NOT_FINITE', 'UPDATE_NOT_FINITE', 'UPDATE_NOT_FINITE'],
        state: 'failed',
        code: 'UPDATE_NOT_FINITE',
      });
      expect(detail).toMatch(/bank-a|bank-b|platform-x/);
    },
    hangMs,
  );

  test.each([
    ['one class', 'one-class', (line: string) => line.replace(/^(\d+),[01]/, '$1,0'), 'DATASET_ONE_CLASS'],
    ['no rows', 'no-rows', () => undefined, 'DATASET_EMPTY'],
  ] as const)(
    'a dataset with %s',
    async (_, dataset, change, code) => {
      for (const name of names) await installVariant(name, dataset, name === liar ? change : (line) => line);
      const jobId = await federation.submit({ spec: { dataset } });
      const { state, code: shown, detail } = await endOf(jobId, names);
      expect({ state, shown }).toEqual({ state: 'failed', shown: code });
      expect(detail).toContain(liar);
    },
    hangMs,
  );
});

/** A second dataset beside the first, its rows changed or left out; and a policy that releases it. */
async function installVariant(name: string, dataset: string, change: (line: string) => string | undefined) {
  const home = federation.homes.get(name)!;
  const folder = join(home, 'datasets');
  await mkdir(folder, { recursive: true });
  const [head, ...lines] = (await readFile(join(folder, 'credit-loans.csv'), 'utf8')).trimEnd().split('\n');
  const rows = lines.map(change).filter((line) => line !== undefined);
  await writeFile(join(folder, `${dataset}.csv`), `${[head, ...rows].join('\n')}\n`);
  const yaml = await readFile(join(folder, 'credit-loans.yaml'), 'utf8');
  await writeFile(join(folder, `${dataset}.yaml`), yaml.replaceAll('credit-loans', dataset));
  const policy = await readFile(join(home, 'policy.yaml'), 'utf8');
  await writeFile(join(home, 'policy.yaml'), policy.replace(/datasets: .*/, 'datasets: "*"'));
}

/** The same post with another digest in one field. */
function swapped(post: Post, kind: Post['body']['kind'], field: string): Post {
  if (post.body.kind !== kind) return post;
  return { ...post, body: { ...post.body, [field]: 'e'.repeat(64) as HexDigest } as Post['body'] };
}

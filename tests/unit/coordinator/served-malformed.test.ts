import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HexDigest, JobId, PostOf } from '../../../contract/index.js';
import { remaining } from '../../../coordinator/rounds/index.js';
import { uploadBytes } from '../../../crypto/secure-sum/adder.js';
import { codedAsync } from '../../support/coded.js';
import { Served } from './support/served.js';
import { reaches } from './support/table-job.js';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
  for (const name of ['bank-c', 'bank-d']) await served.enrol(name, 'bank');
});
afterAll(() => served.close());

const five = ['bank-a', 'bank-b', 'bank-c', 'bank-d', 'platform-x'];
const liar = 'bank-d';
const others = five.filter((name) => name !== liar);
const deadlines = { graceSeconds: 1, roundSeconds: 3600, openingSeconds: 3600, rejoinSeconds: 3600 };
const shape = { valueCount: 100, contributors: 5 } as const;
const [narrow, longer] = [100, 101].map((valueCount) =>
  uploadBytes({ parameterSet: 'narrow', ...shape, valueCount }),
) as [number, number];
const wide = uploadBytes({ parameterSet: 'wide', ...shape });
const rounds = 4;

/** Uploads bytes as the liar and announces them for a round. */
async function contribute(
  jobId: JobId,
  round: number,
  bytes: Uint8Array,
  claim: Partial<PostOf<'contribution'>>,
) {
  const digest = createHash('sha256').update(bytes).digest('hex') as HexDigest;
  const sum = round + 1;
  await served.upload(liar, { jobId, sum, digest, bytes: bytes.length, offset: 0 }, [bytes]);
  return served.say(liar, jobId, {
    ...{ kind: 'contribution', sum, purpose: 'update', round, timings: [] },
    ...{ valueCount: shape.valueCount, parameterSet: 'narrow', digest, bytes: bytes.length, ...claim },
  });
}

describe('a contribution that cannot be added', () => {
  it('is refused with a code, and the others finish without it', async () => {
    const { jobId } = await served.submit({ participants: five, deadlines, training: { rounds } });
    await served.play(jobId, reaches('update', 'collecting', 1));
    const refusals: string[] = [];
    const attempts: [Uint8Array, Partial<PostOf<'contribution'>>][] = [
      [Buffer.alloc(narrow, 255), {}],
      [Buffer.alloc(wide), { parameterSet: 'wide' }],
      [randomBytes(narrow - 4), {}],
      [Buffer.alloc(longer), { valueCount: 101 }],
    ];
    for (const [at, [bytes, claim]] of attempts.entries()) {
      await served.play(jobId, reaches('update', 'collecting', at + 1), [liar]);
      refusals.push(await codedAsync(contribute(jobId, at + 1, bytes, claim)));
    }
    expect(refusals).toEqual(['SUM_MALFORMED', 'SUM_SHAPE', 'SUM_MALFORMED', 'SUM_SHAPE']);
    expect(await served.play(jobId, () => false, [liar])).toMatchObject({ kind: 'finished', rounds });
    const events = await served.store.readEvents(jobId, 0, 100_000);
    const sets = events.flatMap(({ body }) => (body.kind === 'survivorsProposed' ? [body.members] : []));
    expect(sets).toEqual([five, five, ...Array.from({ length: rounds + 1 }, () => others)]);
  });

  it('takes only its sender out of the job when that owns up to it', async () => {
    const { jobId } = await served.submit({ participants: five, deadlines });
    await served.play(jobId, reaches('update', 'collecting', 1));
    await served.say(liar, jobId, {
      ...{ kind: 'abort', code: 'SUM_MALFORMED', detail: 'refused', sum: 2, party: liar },
    });
    const state = await served.state(jobId);
    expect('current' in state && remaining(state)).toEqual(others);
    expect(await served.play(jobId)).toMatchObject({ kind: 'finished' });
  });
});

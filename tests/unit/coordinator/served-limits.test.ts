import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remoteError } from '../../../contract/index.js';
import { OpenCalls } from '../../../coordinator/rpc/open-calls.js';
import { codedAsync } from '../../support/coded.js';
import { Served } from './support/served.js';
import { openSession } from './support/session.js';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served.close());

/** How often each code ended the calls, once all of those that will be refused are. */
async function codesOf(over: readonly Promise<string>[], refused: number): Promise<Record<string, number>> {
  const codes = new Map<string, number>();
  let ended = 0;
  for (const each of over) {
    void each.then((code) => {
      ended += 1;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    });
  }
  await expect.poll(() => ended, { timeout: 20_000 }).toBe(refused);
  return Object.fromEntries(codes);
}

function endOf(call: NodeJS.EventEmitter): Promise<string> {
  return new Promise((resolve) => {
    call.on('error', (error) => resolve(remoteError(error as never).code));
    call.on('end', () => resolve('OK'));
  });
}

describe('one caller holds open', () => {
  it('so many calls of a kind and no more, whatever the others do', async () => {
    const open = new OpenCalls();
    const held: (() => void)[] = [];
    const hold = () => new Promise<void>((resolve) => held.push(resolve));
    const under = Array.from({ length: 64 }, () => open.during('Post', 'bank-a', hold));
    expect(await codedAsync(open.during('Post', 'bank-a', hold))).toBe('RATE_LIMITED');
    expect(await open.during('Upload', 'bank-a', async () => 'taken')).toBe('taken');
    expect(await open.during('Post', 'bank-b', async () => 'taken')).toBe('taken');
    for (const end of held) end();
    await Promise.all(under);
    expect(await open.during('Post', 'bank-a', async () => 'taken')).toBe('taken');
  });

  it('four sessions, greeted or not; another participant comes in meanwhile', async () => {
    const calls = Array.from({ length: 7 }, () => served.member('bank-a').node.session());
    for (const call of calls) call.on('data', () => undefined);
    expect(await codesOf(calls.map(endOf), 3)).toEqual({ RATE_LIMITED: 3 });
    const other = openSession(served, 'bank-b');
    await other.greeted;
    other.end();
    for (const call of calls) call.cancel();
  });

  it('sixteen uploads; another participant uploads meanwhile', async () => {
    const codes: Promise<string>[] = [];
    const calls = Array.from({ length: 20 }, () => {
      let done: (code: string) => void = () => {};
      codes.push(
        new Promise((resolve) => {
          done = resolve;
        }),
      );
      const call = served
        .member('bank-a')
        .node.upload((error) => done(error ? remoteError(error).code : 'OK'));
      call.on('error', () => undefined);
      return call;
    });
    expect(await codesOf(codes, 4)).toEqual({ RATE_LIMITED: 4 });
    const { jobId } = await served.submit();
    const header = { jobId, sum: 0, digest: 'a'.repeat(64), bytes: 10, offset: 0 };
    expect(await codedAsync(served.upload('bank-b', header, []))).toBe('MESSAGE_UNEXPECTED');
    for (const call of calls) call.cancel();
  });

  it('sixty-four watches; another person watches meanwhile', async () => {
    const { jobId } = await served.submit();
    const watch = (name: string) => {
      const call = served.member(name).jobs.watchJob({ jobId });
      call.on('data', () => undefined);
      return call;
    };
    const calls = Array.from({ length: 70 }, () => watch('ana'));
    expect(await codesOf(calls.map(endOf), 6)).toEqual({ RATE_LIMITED: 6 });
    const other = watch('eve');
    await new Promise((resolve) => other.once('data', resolve));
    for (const call of [...calls, other]) {
      call.on('error', () => undefined);
      call.cancel();
    }
  });
});

describe('a participant that comes back again and again', () => {
  it('is let in twenty times at once, then as time passes', async () => {
    const codes: string[] = [];
    while (codes.length < 60 && codes.at(-1) !== 'RATE_LIMITED') {
      const session = openSession(served, 'platform-x');
      codes.push(await Promise.race([session.greeted.then(() => 'greeted'), session.over]));
      session.end();
      await session.over;
    }
    expect(codes.at(-1)).toBe('RATE_LIMITED');
    expect(codes.length).toBeGreaterThan(20);
    const other = openSession(served, 'bank-b');
    await other.greeted;
    other.end();
  });
});

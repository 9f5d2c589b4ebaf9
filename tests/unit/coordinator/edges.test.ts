import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../contract/index.js';
import { parseConfig } from '../../../coordinator/config.js';
import { RefusalLog } from '../../../coordinator/rpc/index.js';
import { RateLimit } from '../../../coordinator/rpc/rate-limit.js';
import { subjectOf } from '../../../coordinator/rpc/refusal-log.js';
import { coded } from '../../support/coded.js';

describe('coordinator.yaml', () => {
  it('may be missing or empty, names wrong fields and refuses unknown ones', () => {
    expect(parseConfig(undefined)).toEqual({
      heartbeatSeconds: 5,
      addingThreads: 2,
      scoreSeconds: 10,
      store: 'sqlite',
    });
    expect(parseConfig('')).toEqual(parseConfig(undefined));
    expect(parseConfig('heartbeatSeconds: 10').heartbeatSeconds).toBe(10);
    for (const text of ['heartbeat: 1', 'heartbeatSeconds: 0', '- a', '{']) {
      expect(coded(() => parseConfig(text))).toBe('CONFIG_INVALID');
    }
    expect(() => parseConfig('addingThreads: 99')).toThrow(/addingThreads/);
  });
});

describe('the rate limit', () => {
  it('lets a full burst through, then as many calls as time passes, for each caller alone', () => {
    let nowMs = 0;
    const limit = new RateLimit({ now: () => nowMs });
    const allowed = (caller: string, calls: number) => {
      let taken = 0;
      for (let call = 0; call < calls; call++) if (coded(() => limit.take(caller)) === 'no error') taken++;
      return taken;
    };
    expect(allowed('bank-a', 3000)).toBe(2000);
    nowMs += 1000;
    expect(allowed('bank-a', 3000)).toBe(500);
    expect(allowed('bank-b', 1)).toBe(1);
    nowMs -= 5000;
    expect(allowed('bank-a', 1)).toBe(0);
  });

  it('counts each of several things in one call, and of a refused call none', () => {
    const limit = new RateLimit({ now: () => 0 }, { burst: 100, perSecond: 1 });
    expect(coded(() => limit.take('bank-a', 64))).toBe('no error');
    expect(coded(() => limit.take('bank-a', 64))).toBe('RATE_LIMITED');
    expect(coded(() => limit.take('bank-a', 36))).toBe('no error');
    expect(coded(() => limit.take('bank-a'))).toBe('RATE_LIMITED');
  });
});

describe('the log of refusals', () => {
  it('tells each refused message once, and faults of ours as errors', () => {
    const lines: string[] = [];
    const write = (level: string) => (fields: object) => {
      lines.push(`${level} ${(fields as { code: string }).code}`);
    };
    const log = new RefusalLog({ info: write('info'), warn: write('warn'), error: write('error') });
    const calls = new Set<string>();
    for (let repeat = 0; repeat < 3; repeat++) {
      calls.add(log.record('Post', 'bank-a', new CodedError('MESSAGE_CONFLICT', 'event 3')));
      log.record('Post', 'bank-b', new CodedError('MESSAGE_CONFLICT', 'event 3'));
      log.record('Post', 'bank-a', new CodedError('INTERNAL', 'disk'));
    }
    expect(lines).toEqual(['warn MESSAGE_CONFLICT', 'warn MESSAGE_CONFLICT', 'error INTERNAL']);
    expect(calls.size).toBe(1);
  });

  it('gives each refusal an id that leads to its line, whoever repeats it', () => {
    const lines: { readonly call: string; readonly caller: string }[] = [];
    const write = (fields: object) => lines.push(fields as (typeof lines)[number]);
    const log = new RefusalLog({ info: write, warn: write, error: write });
    const refuse = (caller: string) => log.record('Post', caller, new CodedError('JOB_ENDED', 'over'));
    for (const caller of ['bank-a', 'bank-b', 'bank-a', 'bank-c', 'bank-b']) {
      const call = refuse(caller);
      expect(lines.filter((line) => line.call === call)).toMatchObject([{ caller }]);
    }
  });

  it('says what a refused call was about, as far as its message can be read', () => {
    const jobId = `job-${'5e'.repeat(16)}`;
    expect(subjectOf({ jobId, sum: 3 })).toEqual({ jobId, sum: 3 });
    expect(subjectOf({ jobId, post: { body: 'applied', applied: { sum: 4 } } })).toEqual({ jobId, sum: 4 });
    expect(subjectOf({ jobId, post: { body: 'parcel', parcel: { step: 2 } } })).toEqual({ jobId, sum: 2 });
    expect(subjectOf({ jobId, posts: [{ body: 'sealed', sealed: { sum: 5 } }] })).toEqual({ jobId, sum: 5 });
    for (const nonsense of [
      undefined,
      null,
      7,
      'x',
      {},
      { jobId: '../x', sum: 'many' },
      { post: { body: 'x' } },
      { posts: 'x' },
    ]) {
      expect(subjectOf(nonsense)).toEqual({});
    }
  });
});

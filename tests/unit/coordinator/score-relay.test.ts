import { describe, expect, it } from 'vitest';
import { limits, type ParticipantName } from '../../../contract/index.js';
import type { JobBook } from '../../../coordinator/jobs/index.js';
import type { JobState } from '../../../coordinator/rounds/index.js';
import { ScoreRelay } from '../../../coordinator/rpc/index.js';
import { codedAsync } from '../../support/coded.js';
import { party } from './support/honest.js';
import { TableJob } from './support/table-job.js';
import { bank, platform, verticalSpec } from './support/vertical.js';

const finished = TableJob.of(verticalSpec()).run().state;
const grown = TableJob.of(verticalSpec({ type: 'boosting', trees: { count: 2, depth: 1 } })).run().state;
const binned = TableJob.of(verticalSpec({ type: 'binning' })).run().state;
const { jobId } = finished.charter;
const small = { enc: new Uint8Array(32), ciphertext: new Uint8Array(48), signature: 'ab'.repeat(64) };

/** A relay whose holder answers every question at once, on a clock that stands still until it is moved. */
function relay(state: JobState = finished, sealed = small) {
  const { jobId } = state.charter;
  const at = { nowMs: 0 };
  const lines: object[] = [];
  const note = (fields: object) => lines.push(fields);
  const log = { info: note, warn: note, error: note };
  const book = { find: async () => ({ state }) } as unknown as JobBook;
  const scores = new ScoreRelay({ book, clock: { now: () => at.nowMs }, log, answerMs: 1000 });
  const session = {};
  const ask = (number: number) => {
    const requestId = number.toString(16).padStart(32, '0');
    return codedAsync(
      scores.ask(
        { ...party(bank), kind: 'participant' } as never,
        { jobId, to: platform, requestId, sealed },
        () => {
          queueMicrotask(() => scores.answered(platform as ParticipantName, { requestId, sealed, code: '' }));
          return session;
        },
      ),
    );
  };
  return { at, lines, ask };
}

describe('the relay of score questions', () => {
  it('lets a caller ask 500 at once and 250 a second', async () => {
    const { at, ask } = relay();
    const taken = async (from: number, count: number) => {
      let answered = 0;
      for (let number = from; number < from + count; number++) {
        const code = await ask(number);
        if (code === 'no error') answered++;
        else expect(code).toBe('RATE_LIMITED');
      }
      return answered;
    };
    expect(await taken(0, 600)).toBe(500);
    at.nowMs += 1000;
    expect(await taken(1000, 400)).toBe(250);
  });

  it('takes questions about jobs that left a model: scorecards and trees', async () => {
    expect(await relay().ask(1)).toBe('no error');
    expect(await relay(grown).ask(1)).toBe('no error');
    expect(await relay(binned).ask(1)).toBe('ROLE_FORBIDDEN');
  });

  it('passes the longest answer that trees can give', async () => {
    const splits = 500 * (2 ** 8 - 1);
    // Tag, sides, check and keys of the most holders, tag of the sealing.
    const longest = 1 + Math.ceil(splits / 8) + 4 + 32 * (limits.verticalParties - 2) + 16;
    const ciphertext = (length: number) => ({ ...small, ciphertext: new Uint8Array(length) });
    expect(await relay(grown, ciphertext(longest)).ask(1)).toBe('no error');
    expect(await relay(grown, ciphertext(16 * 1024 + 1)).ask(1)).not.toBe('no error');
  });

  it('writes how many questions a job had, now and then, and nothing else', async () => {
    const { at, lines, ask } = relay();
    for (let number = 0; number < 1001; number++) {
      at.nowMs += 10;
      expect(await ask(number)).toBe('no error');
    }
    expect(lines).toEqual([
      { jobId, questions: 1 },
      { jobId, questions: 1001 },
    ]);
  });

  it('remembers an id for at least a minute and forgets it within two', async () => {
    const { at, ask } = relay();
    await ask(1);
    at.nowMs += 59_000;
    expect(await ask(1)).toBe('MESSAGE_CONFLICT');
    at.nowMs += 1000;
    await ask(2);
    expect(await ask(1)).toBe('MESSAGE_CONFLICT');
    at.nowMs += 60_000;
    await ask(3);
    expect(await ask(1)).toBe('no error');
  });
});

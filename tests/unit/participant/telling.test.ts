import { describe, expect, onTestFinished, test } from 'vitest';
import { CodedError, type ErrorCode, type JobId, type ParticipantName } from '../../../contract/index.js';
import { TellingFailure } from '../../../participant/vertical/index.js';
import { telling } from '../../../participant/vertical/telling.js';
import { withConnection } from '../../support/full-disk.js';
import { openJournal } from '../attacks/stage.js';

const jobId = `job-${'1'.repeat(32)}` as JobId;
const holder = 'shop-x' as ParticipantName;
const releasedOver = { rows: 1000, bad: 300 };

async function failing(code: ErrorCode, signal = new AbortController().signal): Promise<unknown> {
  const run = () => Promise.reject(new CodedError(code, 'no'));
  return telling({ jobId, signal }, holder, releasedOver, run).catch((thrown) => thrown);
}

describe('a step that fails while it opens counts', () => {
  test('is charged for what its failure says of labels', async () => {
    const failure = await failing('PARCEL_MALFORMED');
    expect(failure).toBeInstanceOf(TellingFailure);
    expect((failure as TellingFailure).releases).toMatchObject([{ holder, functionals: 1 }]);
  });

  test.each<ErrorCode>(['STORAGE_FULL', 'COORDINATOR_UNREACHABLE'])(
    'for %s is done again: nobody is told of it, and nothing is charged',
    async (code) => {
      const failure = await failing(code);
      expect(failure).not.toBeInstanceOf(TellingFailure);
      expect(failure).toMatchObject({ code });
    },
  );

  test('because the job has ended is not charged', async () => {
    expect(await failing('JOB_ENDED', AbortSignal.abort())).not.toBeInstanceOf(TellingFailure);
  });
});

test('a full disk takes neither the note of a step nor its charge, and both together once there is room', () => {
  const { opened: journal, fill, empty } = withConnection(() => openJournal());
  onTestFinished(empty);
  journal.keepJob(jobId, 'running');
  const release = {
    holder,
    kind: 'binning',
    question: 'q',
    functionals: 3,
    answer: 'x'.repeat(200_000),
  } as const;
  const note = { step: 4, parcels: [], timings: [] };
  const take = () =>
    journal.keepStep(jobId, note, new Map(), () => {
      journal.labels.charge('loans', jobId, [release], { budget: 10 }, 0);
    });
  fill();
  expect(take).toThrow(expect.objectContaining({ code: 'SQLITE_FULL' }));
  expect(journal.stepNote(jobId, 4)).toBeUndefined();
  expect(journal.labels.entries()).toEqual([]);
  empty();
  take();
  take();
  expect(journal.stepNote(jobId, 4)).toEqual(note);
  expect(journal.labels.entries()).toMatchObject([{ functionals: 3 }]);
});

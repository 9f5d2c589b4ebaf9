import type { Plan } from './operations.js';

/** What runs have found, each as the shortest list that showed it. They stay green from then on. */
export const found: Readonly<Record<string, Plan>> = {
  // The submitter cancelled while a participant was about to fetch a sum: the coordinator had deleted its bytes, and the
  // participant left the job with ROUND_UNKNOWN instead of hearing of its end.
  'a job ends while somebody fetches its sum': {
    setup: {
      participants: 3,
      colluders: 1,
      rounds: 1,
      warm: false,
      late: 'drop',
      deadlines: 'ample',
      jitter: 1341,
    },
    operations: [
      { kind: 'cancel', atMs: 829 },
      { kind: 'crashAtWrite', who: 'bank-b', write: 59, torn: true, downMs: 436 },
    ],
  },
  // Every participant whose post the coordinator could not store got INTERNAL, left, and the job was lost. The store in
  // memory refuses as store.ts says since; tests/contract/full-disk.test.ts shows that the real one does.
  'the disk of the coordinator is full for two seconds': {
    setup: {
      participants: 4,
      colluders: 1,
      rounds: 2,
      warm: true,
      late: 'drop',
      deadlines: 'ample',
      jitter: 1299,
    },
    operations: [{ kind: 'diskFull', who: 'coordinator', atMs: 436, forMs: 2733 }],
  },
  // A participant that could not note a secret, a post or an event left with INTERNAL, though it lost nothing.
  'the disk of a participant is full for two minutes': {
    setup: {
      participants: 3,
      colluders: 1,
      rounds: 2,
      warm: true,
      late: 'drop',
      deadlines: 'ample',
      jitter: 7,
    },
    operations: [{ kind: 'diskFull', who: 'bank-b', atMs: 300, forMs: 120_000 }],
  },
  // Told by a refused download that the job had ended, before the transcript said so, a participant took that sum for done
  // and went on with the next one, which starts from it: INTERNAL.
  'a job ends while somebody opens one sum after the other': {
    setup: {
      participants: 4,
      colluders: 1,
      rounds: 3,
      warm: true,
      late: 'next-round',
      deadlines: 'short',
      jitter: 1666,
    },
    operations: [
      { kind: 'drop', who: 'bank-d', call: 15, answer: true },
      { kind: 'partition', who: ['bank-a', 'bank-b', 'bank-c', 'bank-d'], atMs: 1932, forMs: 28_468 },
      { kind: 'cancel', atMs: 2129 },
    ],
  },
  // What comes last is no exception: the coordinator's deadline, and a participant's leave-taking.
  'all disks are full while the job is about to end': {
    setup: {
      participants: 3,
      colluders: 1,
      rounds: 1,
      warm: true,
      late: 'drop',
      deadlines: 'ample',
      jitter: 11,
    },
    operations: [
      { kind: 'diskFull', who: 'coordinator', atMs: 900, forMs: 30_000 },
      { kind: 'diskFull', who: 'bank-a', atMs: 800, forMs: 40_000 },
      { kind: 'diskFull', who: 'bank-c', atMs: 1000, forMs: 60_000 },
    ],
  },
};

import type { Plan } from './operations.js';
import type { Setup } from './setups.js';

/** A job of four, but for what is said; `jitter` is the seed that found it. */
const job = (said: Partial<Setup> & Pick<Setup, 'jitter'>): Setup => ({
  ...{ participants: 4, colluders: 1, rounds: 2, warm: true, late: 'drop', deadlines: 'ample' },
  ...said,
});

/** What runs have found, each as the shortest list that showed it. They stay green from then on. */
export const found: Readonly<Record<string, Plan>> = {
  // The submitter cancelled while a participant was about to fetch a sum: the coordinator had deleted its bytes, and the
  // participant left the job with ROUND_UNKNOWN instead of hearing of its end.
  'a job ends while somebody fetches its sum': {
    setup: job({ participants: 3, rounds: 1, warm: false, jitter: 1341 }),
    operations: [
      { kind: 'cancel', atMs: 829 },
      { kind: 'crashAtWrite', who: 'bank-b', write: 59, torn: true, downMs: 436 },
    ],
  },
  // Every participant whose post the coordinator could not store got INTERNAL, left, and the job was lost. The store in
  // memory refuses as store.ts says since; tests/contract/full-disk.test.ts shows that the real one does.
  'the disk of the coordinator is full for two seconds': {
    setup: job({ jitter: 1299 }),
    operations: [{ kind: 'diskFull', who: 'coordinator', atMs: 436, forMs: 2733 }],
  },
  // A participant that could not note a secret, a post or an event left with INTERNAL, though it lost nothing.
  'the disk of a participant is full for two minutes': {
    setup: job({ participants: 3, jitter: 7 }),
    operations: [{ kind: 'diskFull', who: 'bank-b', atMs: 300, forMs: 120_000 }],
  },
  // Told by a refused download that the job had ended, before the transcript said so, a participant took that sum for done
  // and went on with the next one, which starts from it: INTERNAL.
  'a job ends while somebody opens one sum after the other': {
    setup: job({ rounds: 3, late: 'next-round', deadlines: 'short', jitter: 1666 }),
    operations: [
      { kind: 'drop', who: 'bank-d', call: 15, answer: true },
      { kind: 'partition', who: ['bank-a', 'bank-b', 'bank-c', 'bank-d'], atMs: 1932, forMs: 28_468 },
      { kind: 'cancel', atMs: 2129 },
    ],
  },
  // What comes last is no exception: the coordinator's deadline, and a participant's leave-taking.
  'all disks are full while the job is about to end': {
    setup: job({ participants: 3, rounds: 1, jitter: 11 }),
    operations: [
      { kind: 'diskFull', who: 'coordinator', atMs: 900, forMs: 30_000 },
      { kind: 'diskFull', who: 'bank-a', atMs: 800, forMs: 40_000 },
      { kind: 'diskFull', who: 'bank-c', atMs: 1000, forMs: 60_000 },
    ],
  },
  // One replica took the cancellation and deleted the bytes; the other, which had not heard, said ROUND_UNKNOWN to whoever
  // fetched the sum there, and three participants left with that.
  'a job is cancelled at one coordinator while sums are fetched at the other': {
    setup: job({ warm: false, jitter: 1015, replicas: 2 }),
    begin: 0.746772825717926,
    operations: [
      { kind: 'cutOff', who: 'coordinator-2', atMs: 1032, forMs: 885 },
      { kind: 'duplicate', who: 'bank-c', call: 6, afterMs: 11 },
      { kind: 'suspend', who: 'coordinator', atMs: 722, forMs: 873 },
      { kind: 'cancel', atMs: 825 },
      { kind: 'crashAtWrite', who: 'coordinator', write: 2, torn: false, downMs: 12 },
    ],
  },
  // A participant greeted a replica that could not reach the store, about a job that had ended: the look for it failed,
  // nobody said so, and its session stayed open for ever without the end.
  'a participant asks for the end of a job where the store is out of reach': {
    setup: job({ late: 'next-round', jitter: 1059, replicas: 2 }),
    begin: 0.6876447210088372,
    operations: [
      { kind: 'duplicate', who: 'bank-c', call: 8, afterMs: 143 },
      { kind: 'diskFull', who: 'bank-a', atMs: 167, forMs: 14_435 },
      { kind: 'suspend', who: 'coordinator', atMs: 1347, forMs: 3353 },
      { kind: 'cutOff', who: 'coordinator', atMs: 480, forMs: 35_839 },
    ],
  },
  // The store was set back by two events, and the leaving of another participant made two: at the same length as before the
  // transcript was another one, and whoever had been away was shown nothing and kept the job open for ever.
  'a transcript that was set back ends at the length that somebody knows': {
    setup: job({
      participants: 3,
      colluders: 0,
      deadlines: 'short',
      jitter: 1277,
      vertical: 'training',
      replicas: 2,
    }),
    begin: 0.324046392692253,
    operations: [
      { kind: 'crash', who: 'bank-b', atMs: 1473, downMs: 492 },
      { kind: 'restore', atMs: 1340, lost: 1, downMs: 17 },
    ],
  },
  // A parcel that had been shown was none any more after a restore: the refusal came before the session did, and the job
  // ended with ROUND_UNKNOWN instead of TRANSCRIPT_BEHIND.
  'a parcel is fetched that a restore undid': {
    setup: job({
      participants: 2,
      colluders: 0,
      rounds: 1,
      deadlines: 'short',
      jitter: 1154,
      vertical: 'training',
    }),
    begin: 0.25032761693000793,
    operations: [
      { kind: 'crashAtWrite', who: 'bank-b', write: 7, torn: false, downMs: 753 },
      { kind: 'slow', who: 'bank-a', atMs: 1058, forMs: 10, workMs: 642_693 },
      { kind: 'restore', atMs: 1079, lost: 5, downMs: 19_848 },
      { kind: 'crashAtWrite', who: 'bank-b', write: 31, torn: true, downMs: 1017 },
    ],
  },
  // A parcel was on the coordinator's disk, and its post on the way, when an older backup was put in its place. The post
  // was refused as MESSAGE_UNEXPECTED and its sender left, instead of uploading once more what it had.
  'a restore loses the bytes of a parcel whose post comes after it': {
    setup: job({ participants: 3, colluders: 0, deadlines: 'short', jitter: 17, vertical: 'training' }),
    begin: 0.8395577275659889,
    operations: [
      { kind: 'partition', who: ['bank-a', 'bank-c'], atMs: 164, forMs: 157 },
      { kind: 'restore', atMs: 1305, lost: 2, downMs: 15_589 },
    ],
  },
  // The last event after the restore was sealed for two others: the third was shown nothing, waited for a look at the
  // transcript as long as the full disk kept the job from being ended, and left with MESSAGE_UNEXPECTED.
  'a restore ends at an event that not everybody may see': {
    setup: job({ participants: 3, rounds: 1, jitter: 684 }),
    begin: 0,
    operations: [
      { kind: 'restore', atMs: 366, lost: 4, downMs: 614 },
      { kind: 'diskFull', who: 'coordinator', atMs: 1542, forMs: 55_508 },
    ],
  },
  // A participant was killed between the two writes of its leaving: its journal alone told that it had left, and the laws
  // took what a restore had undone for lost.
  'somebody is killed while it leaves': {
    setup: job({
      ...{ participants: 2, colluders: 0, rounds: 1, jitter: 106_412 },
      ...{ vertical: 'training', old: true },
    }),
    begin: 0.564345745369792,
    operations: [
      { kind: 'crashAtWrite', who: 'bank-a', write: 7, torn: true, downMs: 975 },
      { kind: 'restore', atMs: 288, lost: 1, downMs: 514 },
    ],
  },
  // Reports that were on the way made up for the events that were lost, and the job finished; a session that came back
  // later found another event in the place of its last one.
  'a job is set back and finishes before anybody looks': {
    setup: job({ participants: 6, late: 'next-round', deadlines: 'short', jitter: 201_073 }),
    begin: 0.46749431639909744,
    operations: [{ kind: 'restore', atMs: 568, lost: 1, downMs: 16 }],
  },
  // One replica hung at the store with the sessions of all; the other refused their uploads, nobody was shown why for
  // 20 s, and they left with MESSAGE_UNEXPECTED instead of turning to where their calls were answered.
  'a replica hangs with the sessions while the other was set back': {
    setup: job({ warm: false, jitter: 105_919, replicas: 2 }),
    begin: 0.35819563060067594,
    operations: [
      { kind: 'restore', atMs: 1361, lost: 20, downMs: 618 },
      { kind: 'suspend', who: 'coordinator-2', atMs: 390, forMs: 97_354 },
    ],
  },
  // The coordinator refused an upload between its restore and its next crash. What the session has to show was waited for by the
  // clock, though there was no coordinator to show anything.
  'a coordinator that was set back refuses an upload and goes away before it shows why': {
    setup: job({
      ...{ participants: 2, colluders: 0, rounds: 1, deadlines: 'short', jitter: 3_003_647 },
      vertical: 'binning',
    }),
    begin: 0.4623300633393228,
    operations: [
      { kind: 'crash', who: 'coordinator', atMs: 449, downMs: 34_487 },
      { kind: 'restore', atMs: 317, lost: 2, downMs: 59 },
    ],
  },
};

/** What is not mended yet: a plan goes up once its law holds. */
export const unmended: Readonly<Record<string, Plan>> = {};

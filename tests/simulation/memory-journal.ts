import { randomBytes } from 'node:crypto';
import {
  CodedError,
  canonicalJson,
  type JobEvent,
  type JobId,
  type Post,
  Secret,
} from '../../contract/index.js';
import type { Journal, JournalJob, OpenedSum, StepNote } from '../../participant/journal/index.js';
import { keptKey } from '../../participant/journal/kept-key.js';
import type { LabelRelease } from '../../participant/vertical/step-work.js';
import type { Write } from './memory-store.js';

type Outgoing = Parameters<Journal['keepOutgoing']>[1];

/** What outlives a participant's process: the journal, and the files of its jobs by path. */
export class ParticipantDisk {
  readonly jobs = new Map<JobId, JournalJob>();
  readonly events = new Map<JobId, Map<number, JobEvent>>();
  readonly said = new Map<string, Post>();
  readonly outgoing = new Map<string, Outgoing>();
  readonly secrets = new Map<string, Uint8Array>();
  readonly statistics = new Map<string, OpenedSum>();
  readonly steps = new Map<string, StepNote>();
  readonly releases = new Map<string, LabelRelease>();
  readonly alignments = new Set<string>();
  readonly files = new Map<string, string>();

  /** Events that were shown and stand in no transcript that has but so many. */
  undone(jobId: JobId, kept: number): JobEvent[] {
    return [...(this.events.get(jobId)?.values() ?? [])].filter(({ index }) => index >= kept);
  }

  copy(): ParticipantDisk {
    const copy = new ParticipantDisk();
    for (const [jobId, events] of this.events) copy.events.set(jobId, new Map(events));
    for (const part of parts) {
      const target = copy[part] as Map<unknown, unknown>;
      for (const [key, value] of this[part]) target.set(key, value);
    }
    for (const alignment of this.alignments) copy.alignments.add(alignment);
    return copy;
  }
}

const parts = ['jobs', 'said', 'outgoing', 'secrets', 'statistics', 'steps', 'releases', 'files'] as const;

type Kept = Pick<
  Journal,
  | 'jobs'
  | 'job'
  | 'keepJob'
  | 'conclude'
  | 'keepEvent'
  | 'events'
  | 'hasEvent'
  | 'submission'
  | 'said'
  | 'keepSaid'
  | 'keepOutgoing'
  | 'outgoing'
  | 'keepSecret'
  | 'secret'
  | 'keepStep'
  | 'stepNote'
  | 'stepSecrets'
  | 'jobSecret'
  | 'ownSalt'
> & {
  readonly labels: Pick<Journal['labels'], 'standing' | 'charge'>;
  readonly alignments: Pick<Journal['alignments'], 'begin'>;
  readonly statistics: Pick<Journal['statistics'], 'keep' | 'of'>;
};

/** Before the names of what steps keep, as in the real one. */
const keptByStep = 'step/';

/**
 * The journal in memory but for approvals and scores, one transaction per method like the real one; a test runs the two side
 * by side (tests/contract/simulation-doubles.test.ts).
 */
export function memoryJournal(disk: ParticipantDisk, write: Write = (apply) => apply()): Journal {
  const journal: Kept = {
    jobs: () => [...disk.jobs.values()],
    job: (jobId) => disk.jobs.get(jobId),
    keepJob: (jobId, state, code = '', detail = '') =>
      write(() => {
        const concluded = disk.jobs.get(jobId)?.concluded ?? false;
        disk.jobs.set(jobId, { jobId, state, code, detail: detail.slice(0, 500), concluded });
      }),
    conclude: (jobId) =>
      write(() => {
        const job = disk.jobs.get(jobId);
        const kept = keptKey(job?.state, journal.submission(jobId));
        if (job) disk.jobs.set(jobId, { ...job, concluded: true });
        for (const key of disk.secrets.keys()) {
          if (key.startsWith(`${jobId} `) && key !== `${jobId} ${kept}`) disk.secrets.delete(key);
        }
      }),
    keepEvent: (jobId, event) =>
      write(() => {
        const events = disk.events.get(jobId) ?? new Map<number, JobEvent>();
        disk.events.set(jobId, events);
        if (!events.has(event.index)) events.set(event.index, event);
      }),
    events: (jobId) => [...(disk.events.get(jobId)?.values() ?? [])].sort((a, b) => a.index - b.index),
    hasEvent: (jobId, event) => {
      const kept = disk.events.get(jobId)?.get(event.index);
      return kept === event || (kept !== undefined && textOf(kept) === textOf(event));
    },
    submission: (jobId) => disk.events.get(jobId)?.get(0),
    said: (jobId, place) => disk.said.get(`${jobId} ${place}`),
    keepSaid: (jobId, posts) =>
      write(() => {
        for (const { place, post } of posts) setFirst(disk.said, `${jobId} ${place}`, post);
      }),
    keepOutgoing: (jobId, contribution) =>
      write(() => setFirst(disk.outgoing, `${jobId} ${contribution.sum}`, contribution)),
    outgoing: (jobId, sum) => disk.outgoing.get(`${jobId} ${sum}`),
    keepSecret: (jobId, name, secret) => {
      write(() => setFirst(disk.secrets, `${jobId} ${name}`, Uint8Array.from(secret.reveal())));
      // A process that died in this write asks no more; what it is told does not matter.
      return journal.secret(jobId, name) ?? secret;
    },
    secret: (jobId, name) => {
      const bytes = disk.secrets.get(`${jobId} ${name}`);
      return bytes && new Secret(Uint8Array.from(bytes));
    },
    statistics: {
      keep: (opened) =>
        write(() => {
          const { population, jobId, sum } = opened;
          const entry = { ...opened, members: [...opened.members].sort() };
          setFirst(disk.statistics, `${population} ${jobId} ${sum}`, entry);
        }),
      of: (population) => [...disk.statistics.values()].filter((entry) => entry.population === population),
    },
    keepStep: (jobId, note, secrets, charge = () => {}) => {
      write(() => {
        const key = `${jobId} ${note.step}`;
        if (disk.steps.has(key)) return;
        // First what can refuse: then nothing is kept.
        charge();
        disk.steps.set(key, note);
        for (const [name, secret] of secrets) {
          disk.secrets.set(`${jobId} ${keptByStep}${name}`, Uint8Array.from(secret.reveal()));
        }
      });
      return disk.steps.get(`${jobId} ${note.step}`) ?? note;
    },
    stepNote: (jobId, step) => disk.steps.get(`${jobId} ${step}`),
    stepSecrets: (jobId) => {
      const prefix = `${jobId} ${keptByStep}`;
      const kept = [...disk.secrets].filter(([key]) => key.startsWith(prefix));
      return new Map(
        kept.map(([key, bytes]) => [key.slice(prefix.length), new Secret(Uint8Array.from(bytes))]),
      );
    },
    jobSecret: (jobId) =>
      journal.secret(jobId, 'job-secret') ?? journal.keepSecret(jobId, 'job-secret', drawn()),
    ownSalt: () => journal.secret(noJob, 'own-salt') ?? journal.keepSecret(noJob, 'own-salt', drawn()),
    labels: {
      standing: (dataset) => {
        const ours = [...disk.releases].filter(([key]) => key.startsWith(`${dataset}\n`));
        const spent = ours.reduce((sum, [, { functionals }]) => sum + functionals, 0);
        const answered = ours.map(([, { holder, kind, question, answer }]) => ({
          holder,
          kind,
          question,
          answer,
        }));
        return { spent, answered };
      },
      charge: (dataset, _jobId, releases, { budget, waiver }) => {
        const places = releases.map(
          (one) => [`${dataset}\n${one.holder}\n${one.kind}\n${one.question}`, one] as const,
        );
        const fresh = new Map([...places].reverse().filter(([place]) => !disk.releases.has(place)));
        const asked = [...fresh.values()].reduce((sum, { functionals }) => sum + functionals, 0);
        const { spent } = journal.labels.standing(dataset);
        if (asked > 0 && spent + asked > budget && waiver === undefined) {
          throw new CodedError('LABEL_BUDGET_EXCEEDED', `labels of ${dataset}`);
        }
        for (const [place, release] of places) if (fresh.has(place)) setFirst(disk.releases, place, release);
      },
    },
    alignments: {
      begin: (jobId, dataset, peers) => {
        for (const peer of peers) disk.alignments.add(`${dataset} ${peer} ${jobId}`);
      },
    },
  };
  return journal as unknown as Journal;
}

const noJob = '' as JobId;

function drawn(): Secret {
  return new Secret(new Uint8Array(randomBytes(32)));
}

function textOf(event: JobEvent): string {
  return canonicalJson(JSON.parse(JSON.stringify(event)));
}

function setFirst<T>(map: Map<string, T>, key: string, value: T): void {
  if (!map.has(key)) map.set(key, value);
}

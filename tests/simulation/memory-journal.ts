import { type HexDigest, type JobEvent, type JobId, type Post, Secret } from '../../contract/index.js';
import type { Journal, JournalJob } from '../../participant/journal/index.js';
import type { Write } from './memory-store.js';

type Outgoing = Parameters<Journal['keepOutgoing']>[1];

/** What outlives a participant's process: the journal, and the files of its jobs by path. */
export class ParticipantDisk {
  readonly jobs = new Map<JobId, JournalJob>();
  readonly events = new Map<JobId, Map<number, JobEvent>>();
  readonly said = new Map<string, Post>();
  readonly outgoing = new Map<string, Outgoing>();
  readonly secrets = new Map<string, Uint8Array>();
  readonly statistics = new Map<string, { population: HexDigest; members: string[]; jobId: string }>();
  readonly files = new Map<string, string>();

  copy(): ParticipantDisk {
    const copy = new ParticipantDisk();
    for (const [jobId, events] of this.events) copy.events.set(jobId, new Map(events));
    for (const part of ['jobs', 'said', 'outgoing', 'secrets', 'statistics', 'files'] as const) {
      const target = copy[part] as Map<unknown, unknown>;
      for (const [key, value] of this[part]) target.set(key, value);
    }
    return copy;
  }
}

type Kept = Pick<
  Journal,
  | 'jobs'
  | 'job'
  | 'keepJob'
  | 'conclude'
  | 'keepEvent'
  | 'events'
  | 'said'
  | 'keepSaid'
  | 'keepOutgoing'
  | 'outgoing'
  | 'keepSecret'
  | 'secret'
  | 'keepStatistic'
  | 'statistics'
>;

/**
 * The journal of horizontal jobs in memory, one transaction per method like the real one; a test runs the two side
 * by side (doubles.test.ts).
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
        if (job) disk.jobs.set(jobId, { ...job, concluded: true });
        for (const key of disk.secrets.keys()) if (key.startsWith(`${jobId} `)) disk.secrets.delete(key);
      }),
    keepEvent: (jobId, event) =>
      write(() => {
        const events = disk.events.get(jobId) ?? new Map<number, JobEvent>();
        disk.events.set(jobId, events);
        if (!events.has(event.index)) events.set(event.index, event);
      }),
    events: (jobId) => [...(disk.events.get(jobId)?.values() ?? [])].sort((a, b) => a.index - b.index),
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
    keepStatistic: (population, members, jobId) =>
      write(() => {
        const sorted = [...members].sort();
        setFirst(disk.statistics, `${population} ${sorted.join(' ')}`, {
          population,
          members: sorted,
          jobId,
        });
      }),
    statistics: (population) =>
      [...disk.statistics.values()]
        .filter((statistic) => statistic.population === population)
        .map(({ members, jobId }) => ({ members, jobId })),
  };
  return journal as Journal;
}

function setFirst<T>(map: Map<string, T>, key: string, value: T): void {
  if (!map.has(key)) map.set(key, value);
}

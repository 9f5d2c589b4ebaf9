import {
  type EventBody,
  type HorizontalSpec,
  inRosterOrder,
  type JobEvent,
  jobIdOfSpec,
  type ParticipantName,
  type Post,
  postPlace,
  specDigest,
  specJson,
} from '../../contract/index.js';
import { decide, type Input, isUnfinished, open, workOf } from '../../coordinator/rounds/index.js';
import { sumBytes, uploadBytes } from '../../crypto/secure-sum/index.js';
import { Duties, type DutyParts, JobRunner } from '../../participant/rounds/index.js';
import { digestOf } from './digest.js';
import { symbolicSigner } from './doubles/symbols.js';
import { memoryJournal, ParticipantDisk } from './memory-journal.js';
import type { Write } from './memory-store.js';
import { callerOf, organisationOf } from './participant-process.js';
import { addMasked, type Masked, symbolicWork } from './symbolic-work.js';
import { mount, unmount } from './virtual-files.js';
import { settled } from './virtual-time.js';
import type { Witness } from './witness.js';

const nobody: Witness = { contributed() {}, opened() {}, concluded() {}, sent() {} };

export interface Surroundings {
  readonly write?: Write;
  readonly witness?: Witness;
  /** Bytes of a sum as the coordinator gives them; without it they are waited for. */
  readonly download?: (sum: number) => string;
  /** Told of what is uploaded. */
  readonly upload?: (digest: string, text: string) => void;
}

/**
 * One life of a participant that is shown these events by somebody: it starts from its disk, acts until it has nothing
 * to do, and is killed. @returns the posts that left its machine, in order.
 */
export async function lifeOf(
  name: string,
  spec: HorizontalSpec,
  disk: ParticipantDisk,
  events: readonly JobEvent[],
  { write = (apply) => apply(), witness = nobody, download, upload }: Surroundings = {},
): Promise<Post[]> {
  const jobId = jobIdOfSpec(spec);
  const said: Post[] = [];
  let alive = true;
  const guarded: Write = (apply) => {
    if (!alive) return undefined as never;
    return write(apply);
  };
  const root = mount(disk.files, () => alive);
  const journal = memoryJournal(disk, guarded);
  const never = new Promise<never>(() => {});
  const caller = callerOf(name);
  const signer = symbolicSigner(name);
  const duties = new Duties({
    me: { name: caller.name, organisation: caller.organisation, party: 'bank' },
    certificateFingerprint: caller.certificateFingerprint,
    signer,
    journal,
    link: {
      upload: async ({ digest }, path) => upload?.(digest, disk.files.get(path.slice(root.length + 1)) ?? ''),
      download: async ({ sum }, path) => {
        if (download === undefined) return never;
        disk.files.set(path.slice(root.length + 1), download(sum));
      },
      downloadParcel: () => never,
    },
    work: symbolicWork({ witness, spend: async () => {} }),
    clock: { now: () => 0 },
    datasetFolder: 'data',
    jobsFolder: root,
    compareSolo: false,
    approvalPollMs: 1000,
    judge: async () => ({ kind: 'approve', rule: 'any' }) as never,
    judgeVertical: () => never,
    progress: () => {},
  } satisfies DutyParts);
  if (!disk.jobs.has(jobId)) journal.keepJob(jobId, 'running');
  const runner = new JobRunner({
    jobId,
    me: caller.name,
    signer,
    journal,
    pinned: (peer) => ({ organisation: organisationOf(peer), identityKey: symbolicSigner(peer).publicKey }),
    deliver: async (_job, posts) => {
      if (alive && !isDead(disk)) said.push(...posts);
    },
    perform: (...order) => duties.perform(...order),
    ended: () => {},
  });
  runner.wake();
  await settled();
  for (const event of events) {
    runner.take(event);
    await settled();
  }
  alive = false;
  await runner.close();
  unmount(root);
  return said;
}

/** Disks whose process died in a write: nothing leaves them any more in this life. */
const dead = new WeakSet<ParticipantDisk>();

function isDead(disk: ParticipantDisk): boolean {
  return dead.has(disk);
}

/** Kills a life at its n-th write, which is kept or lost; counts the writes. */
export function killAt(disk: ParticipantDisk, write: number, torn: boolean): Write & { count(): number } {
  let written = 0;
  dead.delete(disk);
  const act = <T>(apply: () => T): T => {
    if (dead.has(disk)) return undefined as T;
    written += 1;
    if (written !== write) return apply();
    const result = torn ? (undefined as T) : apply();
    dead.add(disk);
    return result;
  };
  return Object.assign(act, { count: () => written });
}

/** The honest beginning of a job; nobody was shown the event that it ends before. */
export interface Beginning {
  readonly spec: HorizontalSpec;
  readonly names: readonly ParticipantName[];
  readonly events: readonly JobEvent[];
  readonly disks: ReadonlyMap<string, ParticipantDisk>;
}

/** @param endsBefore by default when everybody's contribution to the first sum stands in the transcript. */
export async function begin(
  spec: HorizontalSpec,
  {
    withheld = () => false,
    witness = nobody,
    endsBefore = ({ kind }) => kind === 'survivorsProposed',
  }: {
    withheld?: (event: JobEvent) => boolean;
    witness?: Witness;
    endsBefore?: (body: EventBody) => boolean;
  } = {},
): Promise<Beginning> {
  const names = inRosterOrder(spec.participants.map((name) => ({ name }))).map(({ name }) => name);
  const disks = new Map<string, ParticipantDisk>(names.map((name) => [name, new ParticipantDisk()]));
  let { state, events } = open(
    {
      kind: 'submitted',
      specJson: specJson(spec),
      specDigest: specDigest(spec),
      submitter: 'ana',
      organisation: 'Ana Ltd',
      deadlineMs: 2 ** 40,
    },
    0,
  );
  const all: JobEvent[] = [...events];
  const shown = new Map<string, number>();
  const posted = new Set<string>();
  const uploads = new Map<string, string>();
  const sums = new Map<number, string>();
  const surroundings: Surroundings = {
    witness,
    upload: (digest, text) => uploads.set(digest, text),
    download: (number) => sums.get(number)!,
  };
  const live = (name: string, mayShow: (event: JobEvent) => boolean) => {
    const news = all.slice(shown.get(name) ?? 0).filter((event) => isShownTo(name, event) && mayShow(event));
    shown.set(name, all.length);
    return lifeOf(name, spec, disks.get(name)!, news, surroundings);
  };
  /** @returns whether this is the end of it. */
  const take = (input: Input): boolean => {
    if (!isUnfinished(state)) throw new Error('the beginning of the job failed');
    ({ state, events } = decide(state, input, 0));
    for (const event of events) {
      if (endsBefore(event.body)) return true;
      all.push(event);
    }
    const work = isUnfinished(state) && workOf(state);
    if (!work) return false;
    const parts = work.uploads.map(({ digest }) => JSON.parse(uploads.get(digest)!) as Masked);
    const text = JSON.stringify(addMasked(parts));
    sums.set(work.sum, text);
    return take({ kind: 'sumAdded', sum: work.sum, digest: digestOf(text), bytes: sumBytes(work), addMs: 0 });
  };
  for (;;) {
    const said: Post[] = [];
    const before = posted.size;
    for (const name of names) said.push(...(await live(name, () => true)));
    for (const post of said) {
      // A life starts with what the one before may not have sent.
      const place = `${post.sender} ${postPlace(post.body)}`;
      if (posted.has(place)) continue;
      posted.add(place);
      const { body } = post;
      const upload = body.kind === 'contribution' && {
        upload: { complete: true, prescribedBytes: uploadBytes({ ...body, contributors: names.length }) },
      };
      if (!take({ kind: 'post', post, sender: callerOf(post.sender), ...upload })) continue;
      for (const name of names) await live(name, (event) => !withheld(event));
      return { spec, names, events: all, disks };
    }
    if (posted.size === before) throw new Error('the beginning of the job stands still');
  }
}

/** Sealed posts are shown to their two ends only. */
export function isShownTo(name: string, { body }: JobEvent): boolean {
  if (body.kind !== 'posted' || body.post.body.kind !== 'sealed') return true;
  return body.post.body.to === name || body.post.sender === name;
}

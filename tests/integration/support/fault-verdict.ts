import { basename, dirname, join, relative } from 'node:path';
import {
  type Canonical,
  canonicalJson,
  type EventBody,
  type JobId,
  postPlace,
  Secret,
} from '../../../contract/index.js';
import { Journal } from '../../../participant/journal/index.js';
import { filesBelow } from './fault-files.js';
import type { FaultStage } from './fault-stage.js';
import type { Sight } from './sight.js';

const watchMs = 20;
/** Auc and ks of two vertical jobs: rows lie in another order each time, and sums of floating-point numbers with them. */
const tolerance = 1e-4;

export function sameModel(a: readonly (string | number)[], b: readonly (string | number)[]): boolean {
  const near = (x: string | number, y: string | number | undefined) =>
    typeof x === 'number' && typeof y === 'number' ? Math.abs(x - y) < tolerance : x === y;
  return a.length === b.length && a.every((each, at) => near(each, b[at]));
}

/** Events that somebody has seen or said and that do not stand in the transcript as they did. */
export async function lostEvents(stage: FaultStage, job: Sight): Promise<number> {
  const stored = (await stage.stored(job)).map(textOf);
  const gone = (text: string, at: number) => stored[at] !== text;
  let lost = job.bodies.map(textOf).filter(gone).length;
  for (const [name, home] of job.homes) {
    const journal = new Journal(join(home, 'journal.sqlite'), new Secret(new Uint8Array(32)));
    const events = journal.events(job.jobId as JobId);
    journal.close();
    lost += events.filter(({ index, body }) => gone(textOf(body), index)).length;
    const told = new Set(
      job.posts.filter(({ sender }) => sender === name).map(({ body }) => postPlace(body)),
    );
    lost += job.places(name).filter((place) => !told.has(place)).length;
  }
  return lost;
}

function textOf(body: EventBody): string {
  return canonicalJson(plain(body) as Canonical);
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, plain(member)]));
}

/**
 * Every ciphertext of a job that a coordinator received, begun or whole, while the job ran: two of one sender in one
 * place must never be.
 */
export class CiphertextWatch {
  readonly #digests = new Map<string, Set<string>>();
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly stage: FaultStage,
    private readonly job: Sight,
  ) {
    this.#timer = setInterval(() => this.#look(), watchMs);
  }

  /** Ends the watch. @returns in how many places there was a second one. */
  seconds(): number {
    clearInterval(this.#timer);
    for (const { sender, body } of this.job.posts) {
      if (body.kind === 'contribution') this.#saw(`${body.sum}/${inHex(sender)}`, body.digest);
      if (body.kind === 'parcel') this.#saw(`${body.step}/${inHex(sender)}/${inHex(body.to)}`, body.digest);
    }
    return [...this.#digests.values()].filter(({ size }) => size > 1).length;
  }

  #look(): void {
    for (const folder of this.stage.blobFolders) {
      const ofJob = join(folder, this.job.jobId.slice('job-'.length));
      for (const path of filesBelow(ofJob)) {
        const digest = /^([0-9a-f]{64})(\.part)?$/.exec(basename(path))?.[1];
        if (digest !== undefined) this.#saw(relative(ofJob, dirname(path)), digest);
      }
    }
  }

  #saw(place: string, digest: string): void {
    const known = this.#digests.get(place) ?? new Set();
    this.#digests.set(place, known.add(digest));
  }
}

function inHex(name: string): string {
  return Buffer.from(name).toString('hex');
}

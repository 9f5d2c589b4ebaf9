import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  CodedError,
  type EventBody,
  type HexDigest,
  type JobEvent,
  type JobId,
  type JobSpec,
  jobIdOfSpec,
  type NextStep,
  type ParticipantName,
  type PostOf,
  postPlace,
  rosterDigest,
  Secret,
  type SumPurpose,
  specDigest,
} from '../../../contract/index.js';
import { generateSealKeys, type SealKeys } from '../../../crypto/sealing/index.js';
import { Journal } from '../../../participant/journal/index.js';
import { JobTranscript } from '../../../participant/rounds/transcript.js';
import { Cast, eventsOf, specFor, submittedEvent } from '../../support/cast.js';

const far = 1_800_000_000_000;

/** Events of one job as a coordinator shows them to one participant; the attack is what is added to them. */
export class Stage {
  readonly cast: Cast;
  readonly spec: JobSpec;
  readonly bodies: EventBody[] = [];
  readonly sealKeys = new Map<string, SealKeys>();
  roster: HexDigest | '' = '';

  constructor(
    readonly names: readonly string[],
    fields: object = {},
  ) {
    this.cast = new Cast(names);
    this.spec = specFor(names, { ...fields });
    this.bodies.push(submittedEvent(this.spec));
  }

  add(...bodies: EventBody[]): this {
    this.bodies.push(...bodies);
    return this;
  }

  say(name: string, body: Parameters<Cast['post']>[2]): this {
    const early = body.kind === 'consent' || body.kind === 'join';
    return this.add({
      kind: 'posted',
      post: this.cast.post(this.spec, name, body, early ? '' : this.roster),
    });
  }

  answer(name: string, approved: boolean): this {
    const code = approved ? '' : 'POLICY_REFUSED';
    return this.say(name, { kind: 'consent', specDigest: specDigest(this.spec), approved, code, detail: '' });
  }

  /** Everybody approves and joins, with real sealing keys. */
  async joined(): Promise<this> {
    for (const name of this.names) this.answer(name, true);
    this.add({ kind: 'consented', deadlineMs: far });
    const entries = [];
    for (const name of this.names) {
      const keys = await generateSealKeys();
      this.sealKeys.set(name, keys);
      const join = this.cast.join(this.spec, name).body as PostOf<'join'>;
      this.say(name, { ...join, sealKey: keys.publicKey });
      const { kind: _, ...entry } = join;
      entries.push({ ...entry, name: name as ParticipantName, sealKey: keys.publicKey });
    }
    this.roster = rosterDigest(specDigest(this.spec), entries);
    return this.add({ kind: 'rosterFixed', rosterDigest: this.roster });
  }

  /** Mask keys are asked for from a sum on; of a stage nobody has to give them. */
  keysAsked(firstSum: number, count = 64): this {
    return this.add({ kind: 'sumKeysRequested', firstSum, count, deadlineMs: far });
  }

  /** The sum that follows begins: the first one of the job, or what was agreed on last. */
  started(): this {
    const { summing } = this.transcript();
    const { sum, step } = summing.expectedNext()!;
    if (!summing.keyBatches.some((batch) => batch.has(sum))) this.keysAsked(sum);
    this.add({ kind: 'sumStarted', sum, ...startOf(step), deadlineMs: far });
    return this;
  }

  /** Everybody, or some, contribute to the sum under way, in alphabetical places of digests. */
  contributed(names = this.names, fields: Partial<PostOf<'contribution'>> = {}): this {
    const { sum, purpose, round, keyedDigest: keyed } = this.transcript().currentSum!;
    for (const name of names) {
      this.say(name, {
        kind: 'contribution',
        sum,
        purpose,
        round,
        valueCount: 100,
        parameterSet: 'narrow',
        digest: digestOfUpload(name, sum),
        bytes: 1000,
        timings: [],
        ...(keyed && { keyed }),
        ...fields,
      });
    }
    return this;
  }

  proposed(members: readonly string[], sum = this.#sum): this {
    return this.add({
      kind: 'survivorsProposed',
      sum,
      members: members as ParticipantName[],
      deadlineMs: far,
    });
  }

  /** Signatures on the survivor set as it was proposed last. */
  signed(names = this.names): this {
    const { sum, survivors } = this.transcript().currentSum!;
    for (const name of names) {
      this.say(name, { kind: 'survivorSignature', sum, survivorDigest: survivors!.digest });
    }
    return this;
  }

  ready(): this {
    const digest = 'b'.repeat(64) as HexDigest;
    return this.add({ kind: 'sumReady', sum: this.#sum, digest, bytes: 10, addMs: 1, deadlineMs: far });
  }

  revealed(names = this.names): this {
    const sum = this.#sum;
    for (const name of names) this.say(name, { kind: 'reveal', sum, ciphertext: new Uint8Array(16) });
    return this;
  }

  report(next: NextStep, fields: Partial<PostOf<'applied'>> = {}): PostOf<'applied'> {
    return {
      kind: 'applied',
      sum: this.#sum,
      sumDigest: 'b'.repeat(64) as HexDigest,
      fingerprint: 'c'.repeat(64) as HexDigest,
      next,
      metrics: [],
      timings: [],
      ...fields,
    };
  }

  applied(names: readonly string[], next: NextStep, fields: Partial<PostOf<'applied'>> = {}): this {
    const report = this.report(next, fields);
    for (const name of names) this.say(name, report);
    return this;
  }

  agreed(next: NextStep): this {
    const { sum, fingerprint } = this.report(next);
    return this.add({ kind: 'sumAgreed', sum, fingerprint, next, metrics: [] });
  }

  /** A whole sum over `members`, done by `doers`; the rest is away. */
  summed(members: readonly string[], next: NextStep, doers: readonly string[] = members): this {
    return this.started()
      .contributed(members)
      .proposed(members)
      .signed(doers)
      .ready()
      .revealed(doers)
      .applied(doers, next)
      .agreed(next);
  }

  get #sum(): number {
    return this.transcript().currentSum!.sum;
  }

  transcript(me = this.names[0] as string): JobTranscript {
    const transcript = new JobTranscript({
      jobId: jobIdOfSpec(this.spec),
      me: me as ParticipantName,
      pinned: this.cast.pinned,
    });
    for (const event of eventsOf(this.bodies)) transcript.apply(event);
    return transcript;
  }
}

/** The update round after another; enough for jobs that start from an earlier model. */
export function nextRound(round: number): NextStep {
  return { purpose: 'update', round, stopped: '', bestRound: 0 };
}

/** Every participant has an upload of its own in every sum. */
export function digestOfUpload(name: string, sum: number): HexDigest {
  return createHash('sha256').update(`${name}/${sum}`).digest('hex') as HexDigest;
}

function startOf({ purpose, round }: Pick<NextStep, 'purpose' | 'round'>) {
  return { purpose: purpose as SumPurpose, round };
}

/** A folder that the test leaves behind empty. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fedrisk-attack-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function openJournal(folder = temporaryFolder()): Journal {
  const journal = new Journal(join(folder, 'journal.sqlite'), new Secret(new Uint8Array(32).fill(7)));
  onTestFinished(() => journal.close());
  return journal;
}

export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
  return 'accepted';
}

/** Keeps what a stage says in the name of a participant as that would have: before it stands in the transcript. */
export function remember(journal: Journal, jobId: JobId, me: string, { body }: JobEvent): void {
  if (body.kind !== 'posted' || body.post.sender !== me) return;
  journal.keepSaid(jobId, [{ place: postPlace(body.post.body), post: body.post }]);
}

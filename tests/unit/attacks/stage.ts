import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  CodedError,
  type EventBody,
  type HexDigest,
  type JobSpec,
  jobIdOfSpec,
  type ParticipantName,
  type PostOf,
  rosterDigest,
  Secret,
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

  /** Magnitudes are asked for and everybody contributes. */
  contributed(): this {
    this.add({ kind: 'sumStarted', sum: 0, purpose: 'magnitudes', round: 0, deadlineMs: far });
    for (const name of this.names) {
      this.say(name, {
        kind: 'contribution',
        sum: 0,
        purpose: 'magnitudes',
        round: 0,
        valueCount: 100,
        parameterSet: 'narrow',
        digest: 'a'.repeat(64) as HexDigest,
        bytes: 1000,
        timings: [],
      });
    }
    return this;
  }

  proposed(members: readonly string[]): this {
    return this.add({
      kind: 'survivorsProposed',
      sum: 0,
      members: members as ParticipantName[],
      deadlineMs: far,
    });
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

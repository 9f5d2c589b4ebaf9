import {
  type HexDigest,
  type JobEvent,
  type JobSpec,
  type ParticipantName,
  type Post,
  type PostBody,
  specDigest,
  specJson,
} from '../../../../contract/index.js';
import {
  decide,
  type Input,
  isUnfinished,
  type JobState,
  open,
  type UploadFacts,
  workOf,
} from '../../../../coordinator/rounds/index.js';
import { digest, honestPost, party, rosterDigestFor, spec } from './honest.js';

export const upload = { digest: digest('upload'), bytes: 1000, valueCount: 100 };

/** A job on the table: the pure round machine with its transcript, driven by hand. */
export class TableJob {
  readonly events: JobEvent[] = [];
  state: JobState;
  nowMs = 1_000_000;

  constructor(
    change: object = {},
    private readonly contributed = upload,
    jobSpec: JobSpec = spec(change),
  ) {
    const first = open(
      {
        kind: 'submitted',
        specJson: specJson(jobSpec),
        specDigest: specDigest(jobSpec),
        submitter: 'ana',
        organisation: 'Bank A',
        deadlineMs: this.nowMs + jobSpec.deadlines.consentSeconds * 1000,
      },
      this.nowMs,
    );
    this.events.push(...first.events);
    this.state = first.state;
  }

  static of(jobSpec: JobSpec): TableJob {
    return new TableJob({}, upload, jobSpec);
  }

  take(input: Input): this {
    const { events, state } = decide(this.state, input, this.nowMs);
    this.events.push(...events);
    this.state = state;
    return this;
  }

  post(name: ParticipantName, body: PostBody, facts?: Partial<UploadFacts>, frame: Partial<Post> = {}): this {
    const post: Post = {
      sender: name,
      rosterDigest: rosterDigestFor(this.state, body),
      signature: 'ab'.repeat(64),
      body,
      ...frame,
    };
    const uploadFacts = { complete: true, prescribedBytes: upload.bytes, ...facts };
    return this.take({ kind: 'post', post, sender: party(name), upload: uploadFacts });
  }

  /** The post an honest participant would make now. */
  honest(name: ParticipantName): PostBody | undefined {
    return honestPost(this.state, party(name), this.contributed);
  }

  add(sumDigest: HexDigest = digest('sum')): this {
    const work = workOf(this.state);
    if (!work) throw new Error('nothing to add');
    return this.take({ kind: 'sumAdded', sum: work.sum, digest: sumDigest, bytes: 500, addMs: 7 });
  }

  tick(afterMs: number): this {
    this.nowMs += afterMs;
    return this.take({ kind: 'tick' });
  }

  /** Lets the named participants act honestly, and the coordinator add, until `until` or nobody has anything to say. */
  run(
    until: (state: JobState) => boolean = () => false,
    names: readonly ParticipantName[] = this.state.charter.roster,
  ): this {
    for (let steps = 0; steps < 10_000 && isUnfinished(this.state); steps++) {
      if (until(this.state)) return this;
      if (workOf(this.state)) {
        this.add();
        continue;
      }
      const speaker = names.find((name) => this.honest(name) !== undefined);
      if (!speaker) return this;
      this.nowMs += 1;
      this.post(speaker, this.honest(speaker)!);
    }
    return this;
  }
}

/** Runs until a sum of this purpose and round is in this phase. */
export function reaches(purpose: string, phase: string, round?: number) {
  return (state: JobState): boolean =>
    'current' in state &&
    state.current.purpose === purpose &&
    state.current.phase === phase &&
    (round === undefined || state.current.round === round);
}

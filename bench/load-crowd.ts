import { randomBytes } from 'node:crypto';
import {
  commitmentsDigest,
  type EventOf,
  eventFromWire,
  type HexDigest,
  type HorizontalSpec,
  type JobId,
  jobIdOfSpec,
  type NextStep,
  type ParticipantName,
  type PostBody,
  type PostOf,
  ShareGraph,
  type SumPurpose,
  specDigest,
} from '../contract/index.js';
import { chooseParameterSet } from '../crypto/secure-sum/index.js';
import { wire } from '../proto/index.js';
import { zeroContribution } from './load-identities.js';
import { unpackedMessage } from './load-messages.js';
import { LoadParty, type PartyIdentity, type ReadyUpload } from './load-party.js';

/** A share of the secrets of one sum sealed, a seed as its owner opens it, and what encryption adds to either, in bytes. */
const [shareBytes, seedBytes, tagBytes] = [98, 48, 16];
/** Values of a sum of statistics. */
const statisticValues = 400;
const digest = '5d'.repeat(32) as HexDigest;

export interface LoadCourse {
  /** From everybody's consent to the first sum. */
  readonly keyingSeconds: number;
  /** Of each training round, from its start to that of the sum after it. */
  readonly rounds: readonly { readonly seconds: number; readonly cpuSeconds: number }[];
}

/**
 * All participants of one job. They keep to everything that a coordinator can check: order, signatures, forms and sizes.
 * They neither train nor open anything, and each upload is the same ciphertext, made once for its shape.
 */
export class LoadCrowd {
  readonly parties: readonly LoadParty[];
  readonly #jobId: JobId;
  readonly #uploads = new Map<SumPurpose, Promise<ReadyUpload>>();
  readonly #sealed = new Map<ParticipantName, number>();
  readonly #starts: { readonly purpose: SumPurpose; readonly atMs: number; readonly cpuSeconds: number }[] =
    [];
  #consentedMs = 0;
  #rosterDigest: HexDigest | '' = '';
  #sum: EventOf<'sumStarted'> | undefined;
  #nextIndex = 0;
  #over: (course: LoadCourse) => void = () => {};
  #failed: (error: unknown) => void = () => {};
  /** Resolves when the job has finished, rejects when it failed. */
  readonly course: Promise<LoadCourse>;

  constructor(
    private readonly spec: HorizontalSpec,
    private readonly parameters: number,
    private readonly hub: { readonly address: string; readonly cpuSeconds: number },
    identities: readonly PartyIdentity[],
  ) {
    this.#jobId = jobIdOfSpec(spec);
    this.parties = identities.map((identity) => new LoadParty(identity, hub.address));
    this.course = new Promise((resolve, reject) => {
      this.#over = resolve;
      this.#failed = reject;
    });
  }

  /** Opens all sessions. What the first party is shown is read, what the others are shown is counted. */
  async connect(version: string): Promise<void> {
    const { responseDeserialize } = wire.ParticipantService.service.Session;
    for (const [place, party] of this.parties.entries()) {
      await party.connect(version, (message) => {
        if (place > 0) return;
        for (const { event } of responseDeserialize(unpackedMessage(message)).events) this.#shown(event);
      });
    }
  }

  /** Parties that have not been shown all events that are not sealed for others. */
  behind(): LoadParty[] {
    const sealed = [...this.#sealed.values()].reduce((sum, each) => sum + each, 0) / 2;
    const open = this.#nextIndex - sealed;
    return this.parties.filter(({ name, events }) => events < open + (this.#sealed.get(name) ?? 0));
  }

  close(): void {
    for (const party of this.parties) party.close();
  }

  #shown(message: unknown): void {
    const { index, body } = eventFromWire(message);
    this.#nextIndex = index + 1;
    switch (body.kind) {
      case 'submitted':
        return this.#everybody(() => [this.#consent()]);
      case 'consented':
        this.#consentedMs = performance.now();
        return this.#everybody((party) => [this.#join(party)]);
      case 'rosterFixed':
        this.#rosterDigest = body.rosterDigest;
        return this.#everybody((party) => (party === this.parties[0] ? this.#jobKeys(party) : []));
      case 'posted':
        if (body.post.body.kind === 'keyCommitments') this.#signRoster(body.post.body);
        return;
      case 'sumKeysRequested':
        return this.#issueKeys(body);
      case 'sumStarted':
        this.#sum = body;
        this.#starts.push({
          purpose: body.purpose,
          atMs: performance.now(),
          cpuSeconds: this.hub.cpuSeconds,
        });
        return this.#contribute(body);
      case 'survivorsProposed':
        return this.#everybody(() => [{ kind: 'survivorSignature', sum: body.sum, survivorDigest: digest }]);
      case 'sumReady':
        return this.#open(body);
      case 'finished':
        return this.#over(this.#courseOf());
      case 'failed':
        return this.#failed(new Error(`${body.code}: ${body.detail}`));
    }
  }

  /** All parties post at once, each what belongs together as a participant does. */
  #everybody(bodies: (party: LoadParty) => Iterable<PostBody>, first?: (party: LoadParty) => Promise<void>) {
    const rosterDigest = this.#rosterDigest;
    const play = async (party: LoadParty) => {
      await first?.(party);
      await party.say(this.#jobId, rosterDigest, [...bodies(party)]);
    };
    Promise.all(this.parties.map(play)).catch(this.#failed);
  }

  #consent(): PostBody {
    return { kind: 'consent', specDigest: specDigest(this.spec), approved: true, code: '', detail: '' };
  }

  #join({ identity }: LoadParty): PostBody {
    const { organisation, certificateFingerprint, signer } = identity;
    const keys = { identityKey: signer.publicKey as HexDigest, sealKey: randomHex() };
    const fields = { organisation, certificateFingerprint, party: 'bank', backend: 'wasm' } as const;
    return { kind: 'join', specDigest: specDigest(this.spec), ...fields, ...keys };
  }

  #jobKeys({ name }: LoadParty): PostBody[] {
    const keys = { heNarrow: digest, heWide: digest, mac: digest, fingerprint: digest, reveal: digest };
    const others = this.parties.filter((party) => party.name !== name);
    return [
      { kind: 'keyCommitments', ...keys },
      ...others.map((party) => this.#seal(name, party.name, 'job-keys', 0, 1_700)),
    ];
  }

  #signRoster(commitments: PostOf<'keyCommitments'>): void {
    const rosterDigest = this.#rosterDigest as HexDigest;
    const signature = { rosterDigest, commitmentsDigest: commitmentsDigest(commitments) };
    this.#everybody(() => [{ kind: 'rosterSignature', ...signature }]);
  }

  #issueKeys({ firstSum, count }: EventOf<'sumKeysRequested'>): void {
    const graph = this.#graph();
    const keys = Array.from({ length: count }, () => ({ maskKey: randomHex(), selfCommitment: randomHex() }));
    this.#everybody(({ name }) => this.#issued(name, graph, { firstSum, keys }));
  }

  /** One at a time: all of them at once would keep this process from answering pings. */
  *#issued(
    name: ParticipantName,
    graph: ShareGraph,
    { firstSum, keys }: Pick<PostOf<'sumKeys'>, 'firstSum' | 'keys'>,
  ): Generator<PostBody> {
    yield { kind: 'sumKeys', firstSum, keys };
    const bytes = keys.length * shareBytes + tagBytes;
    for (const to of graph.neighbours(name)) yield this.#seal(name, to, 'sum-shares', firstSum, bytes);
  }

  #contribute({ sum, purpose, round }: EventOf<'sumStarted'>): void {
    const valueCount =
      purpose === 'update' ? this.parameters + 2 * this.spec.evaluation.bins : statisticValues;
    const { bits, rowsCap } = this.spec.update;
    const maxAbs = Math.max(purpose === 'update' ? 2 ** (bits - 1) - 1 : 0, rowsCap);
    const contributors = this.parties.length;
    const set = chooseParameterSet({ maxAbs, contributors });
    const made =
      this.#uploads.get(purpose) ?? zeroContribution({ parameterSet: set, valueCount, contributors });
    this.#uploads.set(purpose, made);
    made.then((ready) => {
      const { digest: its, bytes } = ready;
      const shape = { valueCount, parameterSet: set, digest: its, bytes: bytes.length, timings: [] };
      this.#everybody(
        () => [{ kind: 'contribution', sum, purpose, round, ...shape }],
        (party) => party.upload(this.#jobId, sum, ready),
      );
    }, this.#failed);
  }

  #open({ sum, digest: sumDigest }: EventOf<'sumReady'>): void {
    const { purpose, round } = this.#sum!;
    const next = this.#next(purpose, round);
    // Everybody is in the sum and opens its own seed.
    const report = { sumDigest, fingerprint: digest, next, metrics: [], timings: [] };
    this.#everybody(
      () => [
        { kind: 'reveal', sum, ciphertext: randomBytes(seedBytes + tagBytes) },
        { kind: 'applied', sum, ...report },
      ],
      (party) => party.download(this.#jobId, sum),
    );
  }

  #next(purpose: SumPurpose, round: number): NextStep {
    const { rounds } = this.spec.training;
    if (purpose === 'magnitudes') return { purpose: 'moments', round: 0, stopped: '', bestRound: 0 };
    if (purpose === 'moments') return { purpose: 'update', round: 1, stopped: '', bestRound: 0 };
    if (purpose === 'evaluation') return { purpose: 'done', round: 0, stopped: 'rounds', bestRound: rounds };
    if (round < rounds) return { purpose, round: round + 1, stopped: '', bestRound: round };
    return { purpose: 'evaluation', round: 0, stopped: 'rounds', bestRound: rounds };
  }

  #seal(
    from: ParticipantName,
    to: ParticipantName,
    purpose: 'job-keys' | 'sum-shares',
    sum: number,
    bytes: number,
  ) {
    for (const name of [from, to]) this.#sealed.set(name, (this.#sealed.get(name) ?? 0) + 1);
    const sealed = { enc: randomBytes(32), ciphertext: randomBytes(bytes), signature: 'ab'.repeat(64) };
    return { kind: 'sealed', to, purpose, sum, seq: 0, last: true, ...sealed } as const;
  }

  #graph(): ShareGraph {
    const names = this.parties.map(({ name }) => name);
    const { colluders } = this.spec;
    return new ShareGraph({ names, rosterDigest: this.#rosterDigest as HexDigest, colluders });
  }

  #courseOf(): LoadCourse {
    const seconds = (from: number, to: number) => (to - from) / 1000;
    const rounds = this.#starts.flatMap(({ purpose, atMs, cpuSeconds }, place) => {
      const after = this.#starts[place + 1];
      if (purpose !== 'update' || !after) return [];
      return [{ seconds: seconds(atMs, after.atMs), cpuSeconds: after.cpuSeconds - cpuSeconds }];
    });
    return { keyingSeconds: seconds(this.#consentedMs, this.#starts[0]!.atMs), rounds };
  }
}

function randomHex(): HexDigest {
  return randomBytes(32).toString('hex') as HexDigest;
}

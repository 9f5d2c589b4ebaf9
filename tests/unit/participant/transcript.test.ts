import { describe, expect, test } from 'vitest';
import {
  CodedError,
  commitmentsDigest,
  type EventBody,
  type HexDigest,
  type JobSpec,
  type NextStep,
  type ParticipantName,
  type Post,
  type PostBody,
  type PostOf,
  rosterDigest,
  specDigest,
} from '../../../contract/index.js';
import { dutiesOf } from '../../../participant/rounds/duties.js';
import { JobTranscript } from '../../../participant/rounds/transcript.js';
import { Cast, eventsOf, specFor, submittedEvent } from '../../support/cast.js';

const names = ['bank-a', 'bank-b', 'platform-x'];
const digest = (fill: string) => fill.repeat(64) as HexDigest;
const far = 1_800_000_000_000;

/** A job as an honest coordinator would show it to bank-a, up to any step; attacks change one thing. */
class Play {
  readonly cast = new Cast(names);
  readonly spec: JobSpec = specFor(names);
  readonly bodies: EventBody[] = [];
  roster = '' as HexDigest | '';

  open(): this {
    this.bodies.push(submittedEvent(this.spec));
    for (const name of names) {
      this.say(name, {
        kind: 'consent',
        specDigest: specDigest(this.spec),
        approved: true,
        code: '',
        detail: '',
      });
    }
    this.bodies.push({ kind: 'consented', deadlineMs: far });
    return this;
  }

  joined(joins: readonly Post[] = names.map((name) => this.cast.join(this.spec, name))): this {
    for (const post of joins) this.bodies.push({ kind: 'posted', post });
    const entries = joins.map((post) => {
      const { kind: _, ...entry } = post.body as PostOf<'join'>;
      return { name: post.sender, ...entry };
    });
    this.roster = rosterDigest(specDigest(this.spec), entries);
    this.bodies.push({ kind: 'rosterFixed', rosterDigest: this.roster });
    return this;
  }

  commitments: PostOf<'keyCommitments'> = {
    kind: 'keyCommitments',
    heNarrow: digest('1'),
    heWide: digest('2'),
    mac: digest('3'),
    fingerprint: digest('4'),
    reveal: digest('5'),
  };

  signed(): this {
    this.say('bank-a', this.commitments);
    for (const name of names) {
      this.say(name, {
        kind: 'rosterSignature',
        rosterDigest: this.roster as HexDigest,
        commitmentsDigest: commitmentsDigest(this.commitments),
      });
    }
    return this;
  }

  summing(): this {
    this.bodies.push({ kind: 'sumKeysRequested', firstSum: 0, count: 5, deadlineMs: far });
    this.bodies.push({ kind: 'sumStarted', sum: 0, purpose: 'magnitudes', round: 0, deadlineMs: far });
    return this;
  }

  contribution(fields: Partial<PostOf<'contribution'>> = {}): PostOf<'contribution'> {
    return {
      kind: 'contribution',
      sum: 0,
      purpose: 'magnitudes',
      round: 0,
      valueCount: 100,
      parameterSet: 'narrow',
      digest: digest('a'),
      bytes: 1000,
      timings: [],
      ...fields,
    };
  }

  /** Everything up to the reports. */
  revealed(): this {
    for (const name of names) this.say(name, this.contribution());
    this.add({ kind: 'survivorsProposed', sum: 0, members: names as ParticipantName[], deadlineMs: far });
    const survivorDigest = this.transcript().currentSum?.survivors?.digest as HexDigest;
    for (const name of names) this.say(name, { kind: 'survivorSignature', sum: 0, survivorDigest });
    this.add({ kind: 'sumReady', sum: 0, digest: digest('b'), bytes: 10, addMs: 1, deadlineMs: far });
    for (const name of names) this.say(name, { kind: 'reveal', sum: 0, ciphertext: new Uint8Array(16) });
    return this;
  }

  applied(fields: Partial<PostOf<'applied'>> = {}): PostOf<'applied'> {
    const next: NextStep = { purpose: 'moments', round: 0, stopped: '', bestRound: 0 };
    return {
      kind: 'applied',
      sum: 0,
      sumDigest: digest('b'),
      fingerprint: digest('c'),
      next,
      metrics: [],
      timings: [],
      ...fields,
    };
  }

  say(name: string, body: PostBody): this {
    const early = body.kind === 'consent' || body.kind === 'join';
    this.bodies.push({
      kind: 'posted',
      post: this.cast.post(this.spec, name, body, early ? '' : this.roster),
    });
    return this;
  }

  add(...bodies: EventBody[]): this {
    this.bodies.push(...bodies);
    return this;
  }

  transcript(me = 'bank-a'): JobTranscript {
    const jobId = `job-${specDigest(this.spec).slice(0, 32)}` as JobTranscript['jobId'];
    const transcript = new JobTranscript({ jobId, me: me as ParticipantName, pinned: this.cast.pinned });
    for (const event of eventsOf(this.bodies)) transcript.apply(event);
    return transcript;
  }
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('an honest transcript', () => {
  test('is folded to the end of a sum', () => {
    const play = new Play().open().joined().signed().summing().revealed();
    for (const name of names) play.say(name, play.applied());
    const { fingerprint, next } = play.applied();
    play.add({ kind: 'sumAgreed', sum: 0, fingerprint, next, metrics: [] });
    const transcript = play.transcript();
    expect(transcript.currentSum?.signaturesOnSurvivors()).toBe(3);
    expect(transcript.summing.expectedNext()).toEqual({ sum: 1, step: next });
  });

  test('asks for one duty after the other', () => {
    const play = new Play().open();
    expect(dutiesOf(play.transcript(), false).map((duty) => duty.kind)).toEqual(['join']);
    play.joined();
    expect(dutiesOf(play.transcript(), false).map((duty) => duty.kind)).toEqual(['shareJobKeys']);
    expect(dutiesOf(play.transcript('bank-b'), false)).toEqual([]);
  });
});

describe('a coordinator that lies about the roster (PROTOCOLS §1)', () => {
  test('shows another spec under the job id', () => {
    const play = new Play();
    const other = specFor(names, { purpose: 'marketing' });
    play.add({ ...submittedEvent(play.spec), specJson: JSON.stringify(other) } as EventBody);
    expect(codeOf(() => play.transcript())).toBe('SIGNATURE_INVALID');
  });

  test('replays a roster entry of an earlier job', () => {
    const play = new Play().open();
    const earlier = play.cast.join(specFor(names), 'bank-b');
    play.add({ kind: 'posted', post: earlier });
    expect(codeOf(() => play.transcript())).toBe('ROSTER_ENTRY_REPLAYED');
  });

  test('relabels a replayed entry for this job', () => {
    const play = new Play().open();
    const earlier = play.cast.join(specFor(names), 'bank-b');
    const body = { ...(earlier.body as PostOf<'join'>), specDigest: specDigest(play.spec) };
    play.add({ kind: 'posted', post: { ...earlier, body } });
    expect(codeOf(() => play.transcript())).toBe('SIGNATURE_INVALID');
  });

  test('invents a participant key', () => {
    const play = new Play().open();
    const forged = new Cast(names).join(play.spec, 'bank-b');
    play.add({ kind: 'posted', post: forged });
    expect(codeOf(() => play.transcript())).toBe('SIGNATURE_INVALID');
  });

  test('fixes a roster with an entry missing', () => {
    const play = new Play().open();
    expect(
      codeOf(() => play.joined(names.slice(0, 2).map((n) => play.cast.join(play.spec, n))).transcript()),
    ).toBe('ROSTER_MISMATCH');
  });

  test('shows two rosters: the first signature from the other side is enough', () => {
    const play = new Play().open().joined();
    play.say('bank-a', play.commitments);
    const other = digest('e');
    const body: PostBody = {
      kind: 'rosterSignature',
      rosterDigest: other,
      commitmentsDigest: commitmentsDigest(play.commitments),
    };
    play.add({ kind: 'posted', post: play.cast.post(play.spec, 'platform-x', body, other) });
    expect(codeOf(() => play.transcript())).toBe('ROSTER_MISMATCH');
  });

  test('shows two sets of key commitments', () => {
    const play = new Play().open().joined();
    play.say('bank-a', play.commitments);
    play.say('bank-b', {
      kind: 'rosterSignature',
      rosterDigest: play.roster as HexDigest,
      commitmentsDigest: commitmentsDigest({ ...play.commitments, mac: digest('f') }),
    });
    expect(codeOf(() => play.transcript())).toBe('ROSTER_MISMATCH');
  });
});

describe('a coordinator that lies about sums (PROTOCOLS §2)', () => {
  const summing = () => new Play().open().joined().signed().summing();

  test.each([
    ['another purpose', { sum: 0, purpose: 'update', round: 1 }],
    ['a later sum', { sum: 1, purpose: 'magnitudes', round: 0 }],
  ] as const)('starts %s', (_, wrong) => {
    const play = new Play().open().joined().signed();
    play.add({ kind: 'sumStarted', ...wrong, deadlineMs: far });
    expect(codeOf(() => play.transcript())).toBe('SUM_OUT_OF_ORDER');
  });

  test('starts the next sum before this one is agreed', () => {
    const play = summing();
    play.add({ kind: 'sumStarted', sum: 1, purpose: 'moments', round: 0, deadlineMs: far });
    expect(codeOf(() => play.transcript())).toBe('SUM_OUT_OF_ORDER');
  });

  test('includes a contribution nobody signed', () => {
    const play = summing();
    play.say('bank-a', play.contribution()).say('bank-b', play.contribution());
    play.add({ kind: 'survivorsProposed', sum: 0, members: names as ParticipantName[], deadlineMs: far });
    expect(codeOf(() => play.transcript())).toBe('SURVIVORS_MISMATCH');
  });

  test('proposes too few survivors', () => {
    const play = summing();
    play.say('bank-a', play.contribution()).say('bank-b', play.contribution());
    play.add({
      kind: 'survivorsProposed',
      sum: 0,
      members: names.slice(0, 2) as ParticipantName[],
      deadlineMs: far,
    });
    expect(codeOf(() => play.transcript())).toBe('SURVIVORS_TOO_FEW');
  });

  test('announces two different sums', () => {
    const play = summing().revealed();
    play.add({ kind: 'sumReady', sum: 0, digest: digest('d'), bytes: 10, addMs: 1, deadlineMs: far });
    expect(codeOf(() => play.transcript())).toBe('SUM_DIGEST_MISMATCH');
  });

  test.each([
    ['below the quorum', 2, 'c'],
    ['that no report gave', 3, 'd'],
  ])('declares an agreement %s', (_, reports, fill) => {
    const play = summing().revealed();
    for (const name of names.slice(0, reports)) play.say(name, play.applied());
    const { next } = play.applied();
    play.add({ kind: 'sumAgreed', sum: 0, fingerprint: digest(fill), next, metrics: [] });
    expect(codeOf(() => play.transcript())).toBe('MODEL_DISAGREEMENT');
  });

  test('declares an agreement though one report differs, and names it', () => {
    const play = summing().revealed();
    play.say('bank-a', play.applied()).say('bank-b', play.applied());
    play.say('platform-x', play.applied({ fingerprint: digest('d') }));
    const { fingerprint, next } = play.applied();
    play.add({ kind: 'sumAgreed', sum: 0, fingerprint, next, metrics: [] });
    expect(() => play.transcript()).toThrow(expect.objectContaining({ parties: ['platform-x'] }));
  });
});

describe('a horizontal job has no steps', () => {
  test('opened by its coordinator', () => {
    const play = new Play().open().joined().signed();
    play.add({ kind: 'stepOpened', step: 0, name: 'keys', round: 0, deadlineMs: far });
    expect(codeOf(() => play.transcript())).toBe('MESSAGE_UNEXPECTED');
  });

  test.each<[string, PostBody]>([
    [
      'a parcel',
      {
        kind: 'parcel',
        step: 0,
        to: 'bank-a' as ParticipantName,
        digest: digest('a'),
        bytes: 1,
        timings: [],
      },
    ],
    [
      'a report',
      {
        kind: 'report',
        step: 0,
        fingerprint: digest('a'),
        metrics: [],
        features: [],
        labelFunctionals: 0,
        scoresReleased: 0,
        timings: [],
      },
    ],
  ])('nor %s', (_, body) => {
    const play = new Play().open().joined().signed().say('bank-b', body);
    expect(() => play.transcript()).toThrow(
      expect.objectContaining({ code: 'MESSAGE_UNEXPECTED', parties: ['bank-b'] }),
    );
  });
});

describe('a participant that misbehaves', () => {
  test('says two things in one place', () => {
    const play = new Play().open().joined().signed().summing();
    play.say('bank-b', play.contribution()).say('bank-b', play.contribution({ digest: digest('9') }));
    expect(codeOf(() => play.transcript())).toBe('MESSAGE_CONFLICT');
  });

  test('repeats itself without harm', () => {
    const play = new Play().open().joined().signed().summing();
    play.say('bank-b', play.contribution()).say('bank-b', play.contribution());
    expect(codeOf(() => play.transcript())).toBe('accepted');
  });

  test('lies about the shape of its contribution', () => {
    const play = new Play().open().joined().signed().summing();
    play.say('bank-a', play.contribution()).say('bank-b', play.contribution({ valueCount: 99 }));
    expect(codeOf(() => play.transcript())).toBe('SUM_SHAPE');
  });

  test('commits to keys though it is not first', () => {
    const play = new Play().open().joined();
    play.say('bank-b', play.commitments);
    expect(codeOf(() => play.transcript())).toBe('MESSAGE_UNEXPECTED');
  });

  test('changes its organisation', () => {
    const play = new Play().open();
    const honest = play.cast.join(play.spec, 'bank-b').body as PostOf<'join'>;
    play.say('bank-b', { ...honest, organisation: 'bank-a Ltd' });
    expect(codeOf(() => play.transcript())).toBe('PEER_KEY_CHANGED');
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CodedError,
  commitmentsDigest,
  type EventBody,
  type HexDigest,
  jobIdOfSpec,
  type ParticipantName,
  type Post,
  type PostBody,
  type PostOf,
  postDigest,
  postPlace,
  rosterDigest,
  specDigest,
} from '../../contract/index.js';
import { survivorDigest } from '../../crypto/secure-sum/index.js';
import { JobTranscript } from '../../participant/rounds/transcript.js';
import { Cast, eventsOf, specFor, submittedEvent } from '../support/cast.js';
import { eventBody, postBody } from '../support/hostile-messages.js';

const names = ['bank-a', 'bank-b', 'platform-x'];
const far = 1_800_000_000_000;
const digest = (fill: string) => fill.repeat(64) as HexDigest;
const cast = new Cast(names);
const spec = specFor(names);
const jobId = jobIdOfSpec(spec);
const joins = names.map((name) => cast.join(spec, name));
const roster = rosterDigest(
  specDigest(spec),
  joins.map(({ sender, body }) => {
    const { kind: _, ...entry } = body as PostOf<'join'>;
    return { name: sender, ...entry };
  }),
);

const signed = (sender: string, body: PostBody): EventBody => {
  const early = body.kind === 'consent' || body.kind === 'join';
  return { kind: 'posted', post: cast.post(spec, sender, body, early ? '' : roster) };
};

/** One job as an honest coordinator shows it, to the agreement on its first sum. */
function honest(): EventBody[] {
  const all = (body: PostBody) => names.map((name) => signed(name, body));
  const commitments = {
    heNarrow: digest('1'),
    heWide: digest('2'),
    mac: digest('3'),
    fingerprint: digest('4'),
    reveal: digest('5'),
  };
  const keys = { kind: 'keyCommitments', ...commitments } as const;
  const next = { purpose: 'moments', round: 0, stopped: '', bestRound: 0 } as const;
  const sum = { sum: 0, purpose: 'magnitudes', round: 0 } as const;
  const mask = { maskKey: digest('5'), selfCommitment: digest('6') };
  const upload = { valueCount: 9, parameterSet: 'narrow', digest: digest('a'), bytes: 900 } as const;
  const report = { sumDigest: digest('b'), fingerprint: digest('c'), next, metrics: [], timings: [] };
  const signature = survivorDigest({
    rosterDigest: roster,
    sumId: { jobId, ...sum },
    members: names.map((name) => ({ name, digest: upload.digest })),
  });
  return [
    submittedEvent(spec),
    ...all({ kind: 'consent', specDigest: specDigest(spec), approved: true, code: '', detail: '' }),
    { kind: 'consented', deadlineMs: far },
    ...joins.map((post): EventBody => ({ kind: 'posted', post })),
    { kind: 'rosterFixed', rosterDigest: roster },
    signed('bank-a', keys),
    ...all({ kind: 'rosterSignature', rosterDigest: roster, commitmentsDigest: commitmentsDigest(keys) }),
    { kind: 'sumKeysRequested', firstSum: 0, count: 2, deadlineMs: far },
    ...all({ kind: 'sumKeys', firstSum: 0, keys: [mask, mask] }),
    { kind: 'sumStarted', ...sum, deadlineMs: far },
    ...all({ kind: 'contribution', ...sum, ...upload, timings: [] }),
    { kind: 'survivorsProposed', sum: 0, members: names as ParticipantName[], deadlineMs: far },
    ...all({ kind: 'survivorSignature', sum: 0, survivorDigest: signature }),
    { kind: 'sumReady', sum: 0, digest: digest('b'), bytes: 10, addMs: 1, deadlineMs: far },
    ...all({ kind: 'reveal', sum: 0, ciphertext: new Uint8Array(163) }),
    ...all({ kind: 'applied', sum: 0, ...report }),
    { kind: 'sumAgreed', sum: 0, fingerprint: digest('c'), next, metrics: [] },
    { kind: 'sumStarted', sum: 1, purpose: 'moments', round: 0, deadlineMs: far },
  ];
}
const script = honest();

/** What a coordinator, or a participant that lies, can do to one place of the script. */
type Twist = { readonly at: number; readonly does: (bodies: EventBody[], at: number) => void };
const does = fc.oneof(
  fc.constant<Twist['does']>((bodies, at) => bodies.splice(at, 1)),
  fc.constant<Twist['does']>((bodies, at) => bodies.splice(at, 0, bodies[at]!)),
  fc.nat(script.length - 1).map(
    (from): Twist['does'] =>
      (bodies, at) =>
        bodies.splice(at, 0, script[from]!),
  ),
  eventBody.map(
    (body): Twist['does'] =>
      (bodies, at) =>
        bodies.splice(at, 1, body),
  ),
  eventBody.map(
    (body): Twist['does'] =>
      (bodies, at) =>
        bodies.splice(at, 0, body),
  ),
  fc.tuple(fc.constantFrom(...names), postBody).map(
    ([sender, body]): Twist['does'] =>
      (bodies, at) =>
        bodies.splice(at, 0, signed(sender, body)),
  ),
  // The same place with other content, properly signed: equivocation.
  fc.constant<Twist['does']>((bodies, at) => {
    const body = bodies[at]!;
    if (body.kind !== 'posted') return;
    const { sender, body: said } = body.post;
    if (names.includes(sender)) bodies.splice(at + 1, 0, signed(sender, changed(said)));
  }),
);
const twists = fc.array(fc.record({ at: fc.nat(script.length - 1), does }), { maxLength: 5 });

function changed(body: PostBody): PostBody {
  switch (body.kind) {
    case 'join':
      return { ...body, sealKey: '2'.repeat(64) };
    case 'sumKeys':
      return { ...body, keys: [...body.keys].map((key) => ({ ...key, maskKey: '3'.repeat(64) })) };
    case 'contribution':
      return { ...body, digest: digest('e') };
    case 'survivorSignature':
      return { ...body, survivorDigest: digest('e') };
    case 'reveal':
      return { ...body, ciphertext: new Uint8Array(163).fill(1) };
    case 'applied':
      return { ...body, fingerprint: digest('e') };
    default:
      return body;
  }
}

/** Applies until the first refusal; gives the refusal and everything taken before it. */
function play(bodies: readonly EventBody[], me: string) {
  const transcript = new JobTranscript({ jobId, me: me as ParticipantName, pinned: cast.pinned });
  const taken: EventBody[] = [];
  for (const event of eventsOf(bodies)) {
    try {
      transcript.apply(event);
    } catch (error) {
      return { transcript, taken, error };
    }
    taken.push(event.body);
  }
  return { transcript, taken, error: undefined };
}

test('the script itself is taken whole by everybody', () => {
  for (const me of names) expect(play(script, me).error).toBeUndefined();
});

test('any distortion is taken or refused with a code, and no place ever holds two posts', () => {
  fc.assert(
    fc.property(twists, fc.constantFrom(...names), (changes, me) => {
      const bodies = [...script];
      for (const { at, does } of changes) does(bodies, Math.min(at, bodies.length - 1));
      const { taken, error, transcript } = play(bodies, me);
      if (error !== undefined) expect(error).toBeInstanceOf(CodedError);
      const places = new Map<string, string>();
      for (const { sender, body, ...rest } of taken.flatMap(postsOf)) {
        if (body.kind === 'consent' && sender !== me) continue;
        const place = `${sender} ${postPlace(body)}`;
        const digest = postDigest(jobId, { sender, body, ...rest });
        expect(places.get(place) ?? digest).toBe(digest);
        places.set(place, digest);
      }
      // Whatever came before, a model is never taken for agreed without a quorum of equal reports.
      for (const { agreed, applied } of transcript.sums) {
        if (agreed)
          expect([...applied.values()].filter((r) => r.fingerprint === agreed.fingerprint)).toHaveLength(3);
      }
      expect(transcript.ended?.kind).not.toBe('finished');
    }),
    { numRuns: 400 },
  );
});

test('a transcript that never ends is refused, however innocent each event looks', () => {
  const consent = signed('bank-b', {
    kind: 'consent',
    specDigest: specDigest(spec),
    approved: true,
    code: '',
    detail: '',
  });
  const flood = [...script, ...Array.from({ length: 5000 }, () => consent)];
  const { taken, error } = play(flood, 'bank-a');
  expect(error).toMatchObject({ code: 'MESSAGE_UNEXPECTED' });
  expect(taken.length).toBeLessThan(1000);
});

test('nothing follows an end', () => {
  const cancelled: EventBody = { kind: 'cancelled', by: 'operator', reason: '' };
  expect(play([script[0]!, cancelled], 'bank-a').error).toBeUndefined();
  const { error } = play([script[0]!, cancelled, script[1]!], 'bank-a');
  expect(error).toMatchObject({ code: 'MESSAGE_UNEXPECTED' });
});

function postsOf(body: EventBody): Post[] {
  return body.kind === 'posted' ? [body.post] : [];
}

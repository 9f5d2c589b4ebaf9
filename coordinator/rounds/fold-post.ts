import { isDeepStrictEqual } from 'node:util';
import type { JobEvent, ParticipantName, Post, PostOf, ShareGraph } from '../../contract/index.js';
import { alike, isComplete } from './agreement.js';
import { graphOf } from './graph.js';
import { GrowingMap } from './growing-map.js';
import { illegal } from './illegal.js';
import { anyRound, leavesAlone, mayClose } from './leaving.js';
import type {
  ByParticipant,
  Collecting,
  Exchanging,
  HorizontalKeying,
  KeyBatch,
  Past,
  SealedRun,
  Signing,
  Sum,
  Summing,
  Unfinished,
  VerticalKeying,
} from './state.js';
import { isExchanging, isSumming, isVerticalKeying } from './state.js';

/** Folds a post into the state; what may be posted when is decided in `admit`. */
export function withPost(at: Unfinished, post: Post, event: JobEvent): Unfinished {
  const { sender, body } = post;
  if (body.kind === 'abort') {
    if (leavesAlone(at, sender, body)) return { ...at, left: put(at.left, sender, body) };
    return { ...at, aborted: { by: sender, post: body } };
  }
  if (at.kind === 'awaiting-consent' && body.kind === 'consent') {
    return { ...at, consents: put(at.consents, sender, body) };
  }
  if (at.kind === 'keying') {
    if (isVerticalKeying(at)) return { ...at, keying: rosterWithPost(at.keying, sender, body, event) };
    return { ...at, keying: keyingWithPost(at, sender, body, event) };
  }
  if (isSumming(at)) return summingWithPost(at, sender, body, event);
  if (isExchanging(at)) return exchangingWithPost(at, sender, body, event);
  throw illegal(at.kind, event);
}

function rosterWithPost(
  keying: VerticalKeying['keying'],
  sender: ParticipantName,
  body: Post['body'],
  event: JobEvent,
): VerticalKeying['keying'] {
  if (keying.stage === 'joining' && body.kind === 'join') {
    return { ...keying, joins: put(keying.joins, sender, body) };
  }
  if (keying.stage === 'signing' && body.kind === 'rosterSignature') {
    return { ...keying, signatures: put(keying.signatures, sender, body) };
  }
  throw illegal(keying.stage, event);
}

function exchangingWithPost(
  at: Exchanging,
  sender: ParticipantName,
  body: Post['body'],
  event: JobEvent,
): Exchanging {
  const { openStep } = at;
  if (body.kind === 'parcel' && body.step === openStep.step.number) {
    const sent = put(openStep.parcels.get(sender) ?? new Map(), body.to, body);
    return { ...at, openStep: { ...openStep, parcels: put(openStep.parcels, sender, sent) } };
  }
  if (body.kind === 'report' && body.step === openStep.step.number) {
    return { ...at, openStep: { ...openStep, reports: put(openStep.reports, sender, body) } };
  }
  throw illegal(at.kind, event);
}

function keyingWithPost(
  { keying, charter }: HorizontalKeying,
  sender: ParticipantName,
  body: Post['body'],
  event: JobEvent,
): HorizontalKeying['keying'] {
  if (keying.stage === 'joining' && body.kind === 'join') {
    return { ...keying, joins: put(keying.joins, sender, body) };
  }
  if (keying.stage === 'signing') return signingWithPost(keying, sender, body, event);
  if (keying.stage === 'sharing') {
    const graph = graphOf({ charter, rosterDigest: keying.rosterDigest });
    return { ...keying, batch: batchWithPost(keying.batch, graph, sender, body, event) };
  }
  throw illegal(keying.stage, event);
}

function signingWithPost(
  signing: Signing,
  sender: ParticipantName,
  body: Post['body'],
  event: JobEvent,
): Signing {
  if (body.kind === 'keyCommitments') return { ...signing, commitments: body };
  if (body.kind === 'sealed') return { ...signing, jobKeys: withSealed(signing.jobKeys, body) };
  if (body.kind === 'rosterSignature') {
    return { ...signing, signatures: put(signing.signatures, sender, body) };
  }
  throw illegal('signing', event);
}

function batchWithPost(
  batch: KeyBatch,
  graph: ShareGraph,
  sender: ParticipantName,
  body: Post['body'],
  event: JobEvent,
): KeyBatch {
  if (body.kind === 'sumKeys') {
    return completed({ ...batch, keys: put(batch.keys, sender, true) }, graph, sender);
  }
  if (body.kind === 'sealed') {
    const shares = put(batch.shares, sender, withSealed(batch.shares.get(sender), body));
    return completed({ ...batch, shares }, graph, sender);
  }
  throw illegal('sharing', event);
}

/** Notes once a sender's keys and shares are all in: whoever is still owing is asked for at every post. */
function completed(batch: KeyBatch, graph: ShareGraph, sender: ParticipantName): KeyBatch {
  const runs = batch.shares.get(sender);
  const { size } = runs ?? new Map();
  if (!batch.keys.has(sender) || size < graph.degree) return batch;
  const whole = graph.neighbours(sender).every((to) => isComplete(runs?.get(to)));
  return whole ? { ...batch, complete: put(batch.complete, sender, true) } : batch;
}

function summingWithPost(at: Summing, sender: ParticipantName, body: Post['body'], event: JobEvent): Summing {
  if (at.batch && (body.kind === 'sumKeys' || (body.kind === 'sealed' && body.purpose === 'sum-shares'))) {
    const batch = batchWithPost(at.batch, graphOf(at), sender, body, event);
    if (batch.complete.size < at.charter.roster.length) return { ...at, batch };
    return { ...at, batch: undefined, keyedSums: batch.firstSum + batch.count };
  }
  if (!('sum' in body)) throw illegal(at.kind, event);
  if (body.sum === at.current.sum)
    return { ...at, current: sumWithPost(at, at.current, sender, body, event) };
  const past = at.past.map((sum) => (sum.sum === body.sum ? sumWithPost(at, sum, sender, body, event) : sum));
  return { ...at, past: past as Past[] };
}

function sumWithPost(
  at: Summing,
  sum: Sum,
  sender: ParticipantName,
  body: Post['body'],
  event: JobEvent,
): Sum {
  if (sum.phase === 'collecting' && body.kind === 'contribution') {
    const contributions = put(sum.contributions, sender, sharing(sum.contributions, body));
    const enoughMs = sum.enoughMs ?? (isEnough(at, sum, contributions) ? event.atMs : undefined);
    return { ...sum, contributions, enoughMs };
  }
  if (sum.phase !== 'collecting' && sum.phase !== 'skipped' && body.kind === 'survivorSignature') {
    return { ...sum, signatures: put(sum.signatures, sender, sharing(sum.signatures, body)) };
  }
  if (sum.phase === 'applying' || sum.phase === 'agreed') {
    if (body.kind === 'applied') {
      return { ...sum, reports: put(sum.reports, sender, sharing(sum.reports, body)) };
    }
    if (body.kind === 'recovery') return sum;
    if (body.kind === 'reveal') {
      return { ...sum, reveals: put(sum.reveals, sender, true), revealedMs: event.atMs };
    }
  }
  throw illegal(sum.phase, event);
}

/** Whether a sum may close with these. Told first by their number: it is asked at every one of them. */
function isEnough(at: Summing, sum: Collecting, contributions: Collecting['contributions']): boolean {
  if (contributions.size < sum.needed) return false;
  return mayClose(at, sum.bound ? anyRound : sum, alike(contributions));
}

function withSealed(
  runs: ByParticipant<SealedRun> | undefined,
  body: PostOf<'sealed'>,
): ByParticipant<SealedRun> {
  return put(runs ?? new Map(), body.to, withPiece(runs?.get(body.to), body));
}

/** Shares of a batch are one piece: a job of 1,000 participants has 100,000 such runs at once. */
const onePiece: SealedRun = { seqs: new Set([0]), last: 0 };

function withPiece(run: SealedRun | undefined, { seq, last }: PostOf<'sealed'>): SealedRun {
  if (run === undefined && seq === 0 && last) return onePiece;
  return { seqs: new Set(run?.seqs).add(seq), last: last ? seq : run?.last };
}

function put<T>(map: ByParticipant<T>, name: ParticipantName, value: T): ByParticipant<T> {
  return GrowingMap.of(map).with(name, value);
}

/**
 * What somebody said of a sum, which stays until the job ends, with what the first one said where they agree: of the metrics,
 * fingerprints and digests of a large roster one is kept, not one for each.
 */
function sharing<T extends object>(said: ByParticipant<T>, body: T): T {
  const [first] = said.values();
  if (first === undefined) return body;
  const shared = (key: string, own: unknown) => {
    const its = (first as Readonly<Record<string, unknown>>)[key];
    return isDeepStrictEqual(own, its) ? its : own;
  };
  return Object.fromEntries(Object.entries(body).map(([key, own]) => [key, shared(key, own)])) as T;
}

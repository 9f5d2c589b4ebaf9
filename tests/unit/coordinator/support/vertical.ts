import { createHash } from 'node:crypto';
import {
  type HexDigest,
  jobSpec,
  type ParticipantName,
  type PostBody,
  type PostOf,
  type VerticalSpec,
} from '../../../../contract/index.js';
import { type Exchanging, isExchanging, type JobState } from '../../../../coordinator/rounds/index.js';

export const [bank, platform] = ['bank-a', 'platform-x'] as ParticipantName[] as [
  ParticipantName,
  ParticipantName,
];

const featuresOf: Readonly<Record<string, object>> = {
  'bank-a': { income: 'number' },
  'bank-b': { balance: 'number' },
  'platform-x': { visits: 'number', region: 'category' },
  'platform-y': { basket: 'number' },
};

/** A vertical spec of these parties; the first one has the labels. */
export function verticalSpec(change: object = {}, names: readonly string[] = [bank, platform]): VerticalSpec {
  const type = 'type' in change ? change.type : 'training';
  const party = (name: string) => ({
    dataset: 'customers',
    ...(type !== 'scoring' && { features: featuresOf[name] ?? { age: 'number' } }),
  });
  const parsed = jobSpec.parse({
    name: 'joint',
    mode: 'vertical',
    type,
    purpose: 'credit-risk',
    labelHolder: names[0],
    parties: Object.fromEntries(names.map((name) => [name, party(name)])),
    ...(type === 'training' && { training: { iterations: 2 } }),
    nonce: '6b'.repeat(32),
    ...change,
  });
  if (parsed.mode !== 'vertical') throw new Error('a horizontal spec');
  return parsed;
}

/** What a sender puts into a parcel: the coordinator cannot tell it from sealed bytes. */
export function parcelBytes(step: number, from: string, to: string): Uint8Array {
  return new Uint8Array(Buffer.from(`${step} ${from} ${to} `.repeat(20)));
}

export function parcelPost(step: number, from: ParticipantName, to: ParticipantName): PostOf<'parcel'> {
  const bytes = parcelBytes(step, from, to);
  const digest = createHash('sha256').update(bytes).digest('hex') as HexDigest;
  return { kind: 'parcel', step, to, digest, bytes: bytes.length, timings: [{ step: 'work', ms: step + 1 }] };
}

export function reportPost(step: number, name: ParticipantName, change: object = {}): PostOf<'report'> {
  const fingerprint = createHash('sha256').update(`model of ${name}`).digest('hex') as HexDigest;
  return {
    kind: 'report',
    step,
    fingerprint,
    metrics: [],
    features: [],
    labelFunctionals: 0,
    scoresReleased: 0,
    timings: [{ step: 'finish', ms: 1 }],
    ...change,
  };
}

/** What an honest participant owes the open step, first parcels, then its report. */
export function stepPost({ openStep }: Exchanging, name: ParticipantName): PostBody | undefined {
  const { step, parcels, reports } = openStep;
  const route = step.parcels.find(({ from, to }) => from === name && !parcels.get(name)?.has(to));
  if (route) return parcelPost(step.number, name, route.to);
  return step.reports.includes(name) && !reports.has(name) ? reportPost(step.number, name) : undefined;
}

/** Runs until a step of this name, and of this iteration if given, is open. */
export function opens(name: string, round?: number) {
  return (state: JobState): boolean =>
    isExchanging(state) &&
    state.openStep.step.name === name &&
    (round === undefined || state.openStep.step.round === round);
}

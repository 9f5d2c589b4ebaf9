import {
  type EventBody,
  type HexDigest,
  type HorizontalSpec,
  horizontalSpec,
  type JobEvent,
  type JobSpec,
  jobIdOfSpec,
  jobSpec,
  type ParticipantName,
  type Post,
  type PostBody,
  participantsOf,
  postDigest,
  specDigest,
  specJson,
  type VerticalSpec,
} from '../../contract/index.js';
import { generateIdentity, type Signer, signerOf } from '../../crypto/identity/index.js';
import type { PinnedPeer } from '../../participant/rounds/checked-post.js';

/** Participants with real identity keys, for tests that play the coordinator. */
export class Cast {
  readonly signers: ReadonlyMap<string, Signer>;
  readonly names: readonly ParticipantName[];

  constructor(names: readonly string[]) {
    this.names = names as readonly ParticipantName[];
    this.signers = new Map(names.map((name) => [name, signerOf(generateIdentity().privateKey)]));
  }

  signer(name: string): Signer {
    const signer = this.signers.get(name);
    if (signer === undefined) throw new Error(`${name} is not in the cast`);
    return signer;
  }

  pinned = (name: string): PinnedPeer | undefined => {
    const signer = this.signers.get(name);
    return signer && { organisation: organisationOf(name), identityKey: signer.publicKey };
  };

  post(spec: JobSpec, sender: string, body: PostBody, rosterDigest: HexDigest | '' = ''): Post {
    const unsigned = { sender: sender as ParticipantName, rosterDigest, body };
    return { ...unsigned, signature: this.signer(sender).sign(postDigest(jobIdOfSpec(spec), unsigned)) };
  }

  join(spec: JobSpec, name: string): Post {
    return this.post(spec, name, {
      kind: 'join',
      specDigest: specDigest(spec),
      organisation: organisationOf(name),
      party: name.startsWith('platform') ? 'platform' : 'bank',
      certificateFingerprint: '0'.repeat(64) as HexDigest,
      identityKey: this.signer(name).publicKey,
      sealKey: '1'.repeat(64),
      backend: 'wasm',
    });
  }
}

export function organisationOf(name: string): string {
  return `${name} Ltd`;
}

let drawn = 0;

function freshNonce(): string {
  drawn += 1;
  return drawn.toString(16).padStart(64, '0');
}

/** A valid horizontal spec with a fresh nonce. */
export function specFor(
  participants: readonly string[],
  fields: Partial<Record<string, unknown>> = {},
): HorizontalSpec {
  return horizontalSpec.parse({
    name: 'test-job',
    mode: 'horizontal',
    purpose: 'credit-scoring',
    participants,
    dataset: 'loans',
    features: { Age: 'number', Home: 'category' },
    model: { kind: 'logistic' },
    nonce: freshNonce(),
    ...fields,
  });
}

/** A valid vertical spec with a fresh nonce; the first name holds the labels. */
export function verticalSpecFor(
  participants: readonly string[],
  fields: Partial<Record<string, unknown>> = {},
): VerticalSpec {
  const features = fields.type === 'scoring' ? {} : { features: { Age: 'number' } };
  const parties = participants.map((name) => [name, { dataset: 'loans', ...features }]);
  const spec = jobSpec.parse({
    name: 'test-job',
    mode: 'vertical',
    type: 'training',
    purpose: 'credit-scoring',
    labelHolder: participants[0],
    parties: Object.fromEntries(parties),
    ...((fields.type ?? 'training') === 'training' && { training: { iterations: 2 } }),
    nonce: freshNonce(),
    ...fields,
  });
  if (spec.mode !== 'vertical') throw new Error('not a vertical spec');
  return spec;
}

/** Events with rising indexes. */
export function eventsOf(bodies: readonly EventBody[]): JobEvent[] {
  return bodies.map((body, index) => ({ index, atMs: 1_700_000_000_000 + index, body }));
}

export function submittedEvent(spec: JobSpec): EventBody {
  return {
    kind: 'submitted',
    specJson: specJson(spec),
    specDigest: specDigest(spec),
    submitter: participantsOf(spec)[0] as string,
    organisation: organisationOf(participantsOf(spec)[0] as string),
    deadlineMs: 1_800_000_000_000,
  };
}

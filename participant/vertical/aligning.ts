import { createHash, hkdfSync } from 'node:crypto';
import { createReadStream, existsSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import {
  CodedError,
  castOf,
  type HexDigest,
  type ParticipantName,
  type Route,
  Secret,
} from '../../contract/index.js';
import {
  blindOwn,
  decodePsiSecrets,
  drawPsiSecrets,
  encodePsiSecrets,
  type IdSet,
  intersect,
  joinAlignments,
  type PsiSecrets,
  raisePeer,
  selectRows,
  setDigest,
} from '../../crypto/psi/index.js';
import { keepSet, type OwnSet, ownRows } from './own-rows.js';
import { bytesOf, malformed, readHeader, readParcel, writeParcel, writeParcelOf } from './parcel.js';
import { psiPool } from './rooms.js';
import { holdOut, isUseWithin, type RowUse, releasedShare } from './row-use.js';
import type { InboundParcel, StepOutcome, StepWork } from './step-work.js';
import { readBytes, readJson, workPath, writeJson, writeWords } from './work-files.js';

const pointBytes = 32;

/** Common rows of a party: its own row numbers in the joint order, and what each is used for. */
export interface AlignedRows {
  /** Row numbers of the own dataset. */
  readonly rows: Uint32Array;
  /** `rowUse` of each. */
  readonly use: Uint8Array;
}

/**
 * Step blind: own ids, blinded for each peer with a scalar of its own. A scalar follows from the job's secret, so a
 * restarted party goes on where its file ends; it is kept, with the digest of the ids, once the step is done.
 */
export async function blind(work: StepWork): Promise<StepOutcome> {
  const { folder, outbox, grant, signal } = work;
  const begin = performance.now();
  const rows = await ownRows(work);
  const { ids } = rows;
  if (ids.count < grant.minimumOwnRows) {
    throw new CodedError(
      'PSI_SIZE_LIMIT',
      `${work.me} has fewer rows than the ${grant.minimumOwnRows} its policy asks for in an alignment`,
      { parties: [work.me] },
    );
  }
  const keep = new Map<string, Secret>();
  for (const parcel of outbox) {
    const { to } = parcel;
    const output = workPath(folder, `blind-${to}`);
    const secrets = secretsFor(work, to, ids);
    forgetOtherSet(folder, to, setDigest(secrets.salt, ids), output);
    await blindOwn({ pool: psiPool(), ids, secrets, output, signal });
    await writeParcelOf(parcel, output);
    keep.set(`psi/${to}`, new Secret(encodePsiSecrets(secrets)));
  }
  keepSet(work, rows);
  return { keep, timings: [{ step: 'psi', ms: performance.now() - begin }] };
}

function secretsFor({ jobSecret, rosterDigest }: StepWork, peer: ParticipantName, ids: IdSet): PsiSecrets {
  let drawn = 0;
  return drawPsiSecrets(ids, (size) => {
    const info = `fedrisk/v1/psi/${peer}/${drawn++}`;
    return new Uint8Array(hkdfSync('sha256', jobSecret.reveal(), rosterDigest, info, size));
  });
}

/** Nothing was sent yet: ids that changed since the last attempt only cost its work. */
function forgetOtherSet(folder: string, peer: string, digest: HexDigest, output: string): void {
  const name = `set-${peer}`;
  const known = existsSync(workPath(folder, name)) ? readJson<string>(folder, name) : digest;
  if (known !== digest) {
    for (const path of [output, `${output}.part`]) rmSync(path, { force: true });
  }
  writeJson(folder, name, digest);
}

/**
 * Step pledge: each peer's blinded ids, blinded again and cut, are computed and their digest told. Who saw the other's
 * before its own were fixed could echo them, and have rows it does not hold count as common.
 */
export async function pledge(work: StepWork): Promise<StepOutcome> {
  const { folder, outbox, inbox, signal, grant } = work;
  const begin = performance.now();
  for (const outbound of outbox) {
    const { to } = outbound;
    const points = parcelFrom(inbox, 'blind', to);
    const { size } = await stat(points.path);
    const peerCount = size / pointBytes;
    if (size % pointBytes !== 0 || peerCount === 0) throw malformed(points, 'is no list of blinded ids');
    if (peerCount > grant.maximumPeerRows) {
      throw new CodedError(
        'PSI_SIZE_LIMIT',
        `${to} blinded more ids than the ${grant.maximumPeerRows} that the policy of ${work.me} allows`,
        { parties: [work.me, to] },
      );
    }
    const output = workPath(folder, `raised-${to}`);
    const secrets = keptSecrets(work, to);
    const { count: ownCount } = readJson<OwnSet>(folder, 'set');
    await blaming(to, () =>
      raisePeer({ pool: psiPool(), secrets, input: points.path, peerCount, ownCount, output, signal }),
    );
    writeJson(folder, `peer-${to}`, { count: peerCount });
    await writeParcel(outbound, { digest: await pledgeOf(work, { from: work.me, to }, output) });
  }
  return { timings: [{ step: 'psi', ms: performance.now() - begin }] };
}

/** Step double: the peers get what was pledged. */
export async function double({ folder, outbox }: StepWork): Promise<StepOutcome> {
  for (const parcel of outbox) await writeParcelOf(parcel, workPath(folder, `raised-${parcel.to}`));
  return { timings: [] };
}

const pledged = z.strictObject({ digest: z.string().regex(/^[0-9a-f]{64}$/) });

/** A peer's second message, which must be the one it pledged. @throws {CodedError} PARCEL_MALFORMED. */
async function doubledBy(work: StepWork, peer: ParticipantName): Promise<InboundParcel> {
  const parcel = parcelFrom(work.inbox, 'double', peer);
  const { digest } = await readHeader(parcelFrom(work.inbox, 'pledge', peer), pledged);
  const held = await pledgeOf(work, { from: peer, to: work.me }, parcel.path);
  if (held !== digest) throw malformed(parcel, 'is not what was pledged');
  return parcel;
}

/** Bound to its sender: a peer that waits for our pledge, and then for what it stands for, could copy both. */
async function pledgeOf({ jobId }: StepWork, { from, to }: Route, path: string): Promise<string> {
  const hash = createHash('sha256').update(`fedrisk/v1/psi-pledge\0${jobId}\0${from}\0${to}\0`);
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** Step select, at the label holder: rows common to all, their order, what each is used for. */
export async function select(work: StepWork): Promise<StepOutcome> {
  const { outbox, folder } = work;
  const begin = performance.now();
  const { ids, table } = await ownRows(work);
  const pairwise: Uint32Array[] = [];
  for (const { to } of outbox) pairwise.push(await intersection(work, to, ids));
  const { rows, positions } = joinAlignments(pairwise);
  checkCommon(work, rows.length);
  const use = holdOut(work.spec, rows, table);
  writeWords(folder, 'rows', rows);
  writeWords(folder, 'use', use);
  for (const [at, parcel] of outbox.entries()) {
    const chosen = positions[at] as Uint32Array;
    const body = [new Uint8Array(chosen.buffer, chosen.byteOffset, chosen.byteLength), use];
    await writeParcel(parcel, { rows: rows.length }, body);
  }
  return { timings: [{ step: 'psi', ms: performance.now() - begin }] };
}

const selection = z.strictObject({
  rows: z
    .int()
    .min(1)
    .max(2 ** 25),
});

/** The aligned rows of this party; a feature holder works them out from the selection when it first needs them. */
export async function alignedRows(work: StepWork): Promise<AlignedRows> {
  const { folder, spec, me, inbox } = work;
  if (!existsSync(workPath(folder, 'use'))) {
    if (me === spec.labelHolder) throw new CodedError('INTERNAL', 'the alignment is gone');
    const { ids } = await ownRows(work);
    const parcel = parcelFrom(inbox, 'select', castOf(spec).labelHolder);
    const { header, bodyBytes, body } = await readParcel(parcel, selection);
    const positionBytes = header.rows * Uint32Array.BYTES_PER_ELEMENT;
    if (bodyBytes !== positionBytes + header.rows) throw malformed(parcel, 'has another length than it says');
    const bytes = await bytesOf(body());
    const positions = new Uint32Array(bytes.slice(0, positionBytes).buffer);
    const use = bytes.slice(positionBytes);
    if (!isUseWithin(spec, use)) throw malformed(parcel, 'gives rows a use that the job does not have');
    refuseWideRelease(work, use);
    const own = await intersection(work, parcel.from, ids);
    const rows = await blaming(parcel.from, async () => selectRows(own, positions));
    checkCommon(work, rows.length);
    writeWords(folder, 'rows', rows);
    writeWords(folder, 'use', use);
  }
  return {
    rows: new Uint32Array(readBytes(folder, 'rows')),
    use: new Uint8Array(readBytes(folder, 'use')),
  };
}

/** A label holder that holds out nearly everything would have nearly everybody's score part. */
function refuseWideRelease({ spec, grant, me }: StepWork, use: Uint8Array): void {
  if (spec.type !== 'training' || spec.scores.release === 'none') return;
  if (releasedShare(use) <= grant.maximumReleasedShare) return;
  throw new CodedError(
    'POLICY_SCORES',
    `the job would release score parts of more than ${Math.round(100 * grant.maximumReleasedShare)} % of the common customers, which is the most that the policy of ${me} allows`,
    { parties: [me, spec.labelHolder] },
  );
}

/** Positions, in the joint order, of the rows with one of these uses. */
export function positionsOf({ use }: AlignedRows, ...uses: readonly RowUse[]): Uint32Array {
  const positions = new Uint32Array(use.length);
  let count = 0;
  for (let at = 0; at < use.length; at++) if (uses.includes(use[at] as RowUse)) positions[count++] = at;
  return positions.slice(0, count);
}

async function intersection(work: StepWork, peer: ParticipantName, ids: IdSet): Promise<Uint32Array> {
  const { folder } = work;
  const { count: peerCount } = readJson<{ count: number }>(folder, `peer-${peer}`);
  const { path } = await doubledBy(work, peer);
  return blaming(peer, () =>
    intersect({
      secrets: keptSecrets(work, peer),
      ownCount: ids.count,
      peerCount,
      own: path,
      peer: workPath(folder, `raised-${peer}`),
    }),
  );
}

function keptSecrets({ secrets }: StepWork, peer: ParticipantName): PsiSecrets {
  const kept = secrets.get(`psi/${peer}`);
  if (kept === undefined) throw new CodedError('INTERNAL', `no alignment secrets for ${peer}`);
  return decodePsiSecrets(kept.reveal());
}

function checkCommon({ spec, grant, me }: StepWork, common: number): void {
  if (common === 0) {
    throw new CodedError('ALIGNMENT_EMPTY', 'no customer is common to all participants', {
      parties: Object.keys(spec.parties),
    });
  }
  const least = Math.max(spec.alignment.minimumRows, grant.minimumCommonRows);
  if (common < least) {
    // Below a policy's minimum the number itself may say too much; the minimum is public.
    const ofJob = least === spec.alignment.minimumRows;
    throw new CodedError(
      'ALIGNMENT_TOO_SMALL',
      `fewer than ${least} customers are common to all participants, which is the least that ${
        ofJob ? 'the job' : `the policy of ${me}`
      } asks for`,
      { parties: ofJob ? Object.keys(spec.parties) : [me] },
    );
  }
}

/** The latest parcel of a peer with a name: steps of one name follow each other round by round. */
export function parcelFrom(
  inbox: readonly InboundParcel[],
  name: InboundParcel['name'],
  from: ParticipantName,
  round?: number,
): InboundParcel {
  const found = inbox.findLast(
    (parcel) =>
      parcel.name === name && parcel.from === from && (round === undefined || parcel.round === round),
  );
  if (found === undefined) throw new CodedError('INTERNAL', `the ${name} parcel of ${from} is not here`);
  return found;
}

/** Names the peer whose bytes did not hold. */
export async function blaming<T>(peer: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    if (!(thrown instanceof CodedError) || !foreign.has(thrown.code) || thrown.parties.length > 0)
      throw thrown;
    throw new CodedError(thrown.code, `${peer}: ${thrown.message}`, { cause: thrown, parties: [peer] });
  }
}

const foreign: ReadonlySet<string> = new Set([
  'PSI_POINT_INVALID',
  'PARCEL_MALFORMED',
  'CIPHERTEXT_MALFORMED',
]);

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import {
  blindOwn,
  drawPsiSecrets,
  type IdSet,
  type IdStep,
  idDigests,
  intersect,
  type PsiPool,
  type PsiSecrets,
  raisePeer,
} from '../../../crypto/psi/index.js';

/** A folder that is gone after the file's tests. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fedrisk-psi-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

let sides = 0;

/** One honest side of an alignment; its files are its own, the tests carry them over. */
export class Side {
  readonly ids: IdSet;
  readonly secrets: PsiSecrets;
  readonly blinded: string;
  readonly raised: string;

  constructor(
    readonly pool: PsiPool,
    folder: string,
    values: readonly string[],
    steps?: readonly IdStep[],
  ) {
    this.ids = idDigests(values, steps);
    this.secrets = drawPsiSecrets(this.ids);
    const number = sides++;
    this.blinded = join(folder, `${number}.blinded`);
    this.raised = join(folder, `${number}.raised`);
  }

  blind(signal?: AbortSignal): Promise<void> {
    return blindOwn({
      pool: this.pool,
      ids: this.ids,
      secrets: this.secrets,
      output: this.blinded,
      signal,
    });
  }

  /** Raises what stands in `input`, by default the peer's own message. */
  raise(peer: Side, input = peer.blinded, peerCount = peer.ids.count): Promise<void> {
    return raisePeer({
      pool: this.pool,
      secrets: this.secrets,
      input,
      output: this.raised,
      peerCount,
      ownCount: this.ids.count,
    });
  }

  intersect(peer: Side, own = peer.raised): Promise<Uint32Array> {
    return intersect({
      secrets: this.secrets,
      ownCount: this.ids.count,
      peerCount: peer.ids.count,
      own,
      peer: this.raised,
    });
  }
}

/** Both messages of both sides, and what each side finds. */
export async function align(a: Side, b: Side): Promise<[Uint32Array, Uint32Array]> {
  await Promise.all([a.blind(), b.blind()]);
  await Promise.all([a.raise(b), b.raise(a)]);
  return Promise.all([a.intersect(b), b.intersect(a)]);
}

/** Records of a message, as hex. */
export function records(path: string, width: number): string[] {
  const bytes = readFileSync(path);
  return Array.from({ length: bytes.length / width }, (_, k) =>
    bytes.subarray(k * width, (k + 1) * width).toString('hex'),
  );
}

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ParticipantName } from '../../../contract/index.js';
import { readSharpness, sharpnessOf } from '../../../participant/vertical/sharpness.js';
import { scratchFolder } from '../../support/vertical-cast.js';
import { seeded } from '../../support/vertical-credit.js';
import { joinedParcel } from '../../support/vertical-snapshots.js';
import { mutationsOf } from './mutations.js';

describe('the result parcel', () => {
  const folder = scratchFolder('sharpness');
  const path = join(folder, 'result');
  const from = 'bank-a' as ParticipantName;
  afterAll(() => rmSync(folder, { recursive: true }));

  const read = (bytes: Uint8Array) => {
    writeFileSync(path, bytes);
    return readSharpness({ step: 1, name: 'result', round: 0, from, path });
  };
  const honest = joinedParcel({ sharpness: { slope: 1.07, meanWeight: 0.151 } });

  it('says slope and mean weight, or nothing', async () => {
    expect(await read(honest)).toEqual({ slope: 1.07, meanWeight: 0.151 });
    expect(await read(joinedParcel({ sharpness: null }))).toBeNull();
  });

  it('is refused naming the bank when it is anything else', async () => {
    for (const { name, bytes, refused } of mutationsOf('result', honest, seeded(1))) {
      if (!refused) continue;
      await expect(read(bytes), name).rejects.toMatchObject({
        code: 'PARCEL_MALFORMED',
        parties: ['bank-a'],
      });
    }
  });

  it.each([
    { slope: 0, meanWeight: 0.1 },
    { slope: 1e-300, meanWeight: 0.1 },
    { slope: 1, meanWeight: 0 },
  ])('%o would divide by nothing, for ever: never sent, never taken', async (flat) => {
    expect(sharpnessOf(flat)).toBeNull();
    await expect(read(joinedParcel({ sharpness: flat }))).rejects.toMatchObject({ code: 'PARCEL_MALFORMED' });
  });
});

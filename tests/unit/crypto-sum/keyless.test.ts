import { expect, test } from 'vitest';
import { heKeyOf, maxAbsFor, openSum } from '../../../crypto/secure-sum/index.js';
import { jobKeys, Parties, plainSum, rosterDigest, vectorsOf } from './parties.js';

const VALUES = 40;
const n = 6;

async function six() {
  const parties = await Parties.of(n, 'narrow');
  return { parties, vectors: vectorsOf(n, VALUES, maxAbsFor('narrow', n), 7) };
}

test('masks run between those with mask keys: a sum opens without one that has none and one that dropped', async () => {
  const { parties, vectors } = await six();
  const [, dropped, , , , keyless] = parties.names as string[];
  parties.keyless = [keyless!];
  const survivors = parties.names.filter((name) => name !== dropped && name !== keyless);
  const parts = survivors.map((name) => vectors[parties.names.indexOf(name)]!);
  const uploads = await Promise.all(survivors.map((name, k) => parties.upload(name, parts[k]!)));
  const sum = await parties.add(uploads, VALUES);
  expect(await parties.open(sum, VALUES, { survivors })).toEqual(plainSum(parts));
  // With masks over everybody it does not.
  parties.keyless = [];
  await expect(parties.open(sum, VALUES, { survivors })).rejects.toMatchObject({ code: 'SUM_SLOT_MISMATCH' });
});

test('one without mask keys is no part of a sum, in neither way', async () => {
  const { parties } = await six();
  const [keyless, ...rest] = parties.names as [string, ...string[]];
  parties.keyless = [keyless];
  const sum = new Uint8Array();
  const opened = { selfSeeds: rest, maskSecrets: [] };
  for (const wrong of [
    { ...opened, selfSeeds: parties.names },
    { ...opened, maskSecrets: [keyless] },
    { ...opened, selfSeeds: rest.slice(1) },
  ]) {
    await expect(openWith(parties, sum, wrong)).rejects.toMatchObject({ code: 'SURVIVORS_MISMATCH' });
  }
});

/**
 * Why every contribution says whom it is masked with (ADR 23): this one is masked with a colluder and with one that is outside
 * the survivor set. What honest participants reveal then, its seed and the mask secret of who is outside, takes off every mask.
 */
test('an upload masked with others than the rest can be read by a colluder', async () => {
  const { parties, vectors } = await six();
  const [colluder, victim, outside, ...rest] = parties.names as string[];
  parties.keyless = rest;
  const upload = await parties.upload(victim!, vectors[1]!);
  const alone = await parties.add([upload], VALUES);
  const told = { selfSeeds: [victim!], maskSecrets: [colluder!, outside!] };
  expect(await openWith(parties, alone, told)).toEqual(vectors[1]);
});

/** Opens a sum with secrets as they are, whoever gave them. */
async function openWith(
  parties: Parties,
  sum: Uint8Array,
  known: { readonly selfSeeds: readonly string[]; readonly maskSecrets: readonly string[] },
): Promise<Float64Array> {
  const of = (name: string) => parties.secrets.get(name)!.reveal();
  const keys = await jobKeys();
  return openSum(
    {
      parameterSet: 'narrow',
      rosterDigest,
      sumId: parties.id,
      roster: parties.roster,
      colluders: 1,
      selfSeeds: new Map(known.selfSeeds.map((name) => [name, of(name).selfSeed])),
      maskSecrets: new Map(known.maskSecrets.map((name) => [name, of(name).maskSecret])),
      heKey: heKeyOf(keys, 'narrow').reveal(),
      macKey: keys.mac.reveal(),
      valueCount: VALUES,
    },
    [sum],
  );
}

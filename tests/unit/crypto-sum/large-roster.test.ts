import { expect, test } from 'vitest';
import { type ParticipantName, ShareGraph } from '../../../contract/index.js';
import { addContributions } from '../../../crypto/secure-sum/adder.js';
import {
  contribute,
  heKeyOf,
  openRecovery,
  openReveal,
  openSum,
  reconstructMaskSecret,
  reconstructSelfSeed,
  SumSecrets,
  type SumShare,
  sealRecovery,
  sealReveal,
} from '../../../crypto/secure-sum/index.js';
import { codedAsync } from '../../support/coded.js';
import { collect, jobKeys, rosterDigest, sumId } from './parties.js';

const set = 'narrow';
const count = 260;
const colluders = 1;
const valueCount = 5;
const names = Array.from({ length: count }, (_, k) => `bank-${1000 + k}` as ParticipantName);
const graph = new ShareGraph({ names, rosterDigest, colluders });
const secrets = new Map(names.map((name) => [name, SumSecrets.draw()]));
const roster = names.map((name) => ({ name, ...secrets.get(name)!.publicKey() }));
const valuesOf = (k: number) => Float64Array.from({ length: valueCount }, (_, j) => (k % 7) - 3 + j);

/** By holder, then owner: as handed out before the sum. */
async function dealt(): Promise<Map<string, Map<string, SumShare>>> {
  const held = new Map(names.map((name) => [name as string, new Map<string, SumShare>()]));
  for (const owner of names) {
    const holders = graph.holders(owner);
    const shares = await secrets.get(owner)!.share({ holders: holders.length, threshold: graph.threshold });
    holders.forEach((holder, k) => {
      held.get(holder)!.set(owner, shares[k]!);
    });
  }
  return held;
}

test('260 participants: each masks with its neighbours, 40 vanish, the others open the exact sum', async () => {
  const keys = await jobKeys();
  const common = { parameterSet: set, rosterDigest, sumId, roster, colluders } as const;
  const away = new Set<string>(names.filter((_, k) => k % 13 === 5 || k % 13 === 6));
  const members = names.filter((name) => !away.has(name));
  expect(away.size).toBe(40);
  expect(graph.joins(new Set(members))).toBe(true);
  const uploads = await Promise.all(
    members.map(async (self) => {
      const { maskSecret, selfSeed } = secrets.get(self)!.reveal();
      const bytes = await collect(
        contribute({
          ...common,
          self,
          maskSecret,
          selfSeed,
          heKey: heKeyOf(keys, set).reveal(),
          macKey: keys.mac.reveal(),
          values: valuesOf(names.indexOf(self)),
          maxAbs: 100,
        }),
      );
      return { name: self, bytes: [bytes] };
    }),
  );
  const sum = await collect(
    addContributions({ parameterSet: set, valueCount, contributors: count }, uploads),
  );

  const held = await dealt();
  const survivorsOf = (sender: ParticipantName) => ({
    owners: graph.holders(sender),
    members,
    digest: rosterDigest,
  });
  // Another 60 vanish before they reveal, and so few are enough that somebody has to be asked in every neighbourhood.
  const revealing = names.filter((_, k) => k % 13 !== 5 && k % 4 !== 1);
  expect(graph.opens(new Set(revealing))).toBe(true);
  const revealed = new Map(
    revealing.map((sender) => {
      const place = { key: keys.reveal, rosterDigest, sumId, sender };
      const [about, shares] = [survivorsOf(sender), held.get(sender)!];
      const own = new Uint8Array(48);
      const revealed = openReveal(
        place,
        about,
        sealReveal(place, about, own, (owner) => shares.get(owner)?.mask),
      );
      // As if nobody had opened its own seed: all of them are recovered.
      const of = about.owners.filter((owner) => !away.has(owner));
      const sealed = sealRecovery(place, 'doubted', about, of, (owner) => shares.get(owner)?.self);
      const recovered = openRecovery(place, 'doubted', about, of, sealed);
      return [sender, new Map([...revealed.maskShares, ...recovered])] as const;
    }),
  );
  const selfSeeds = new Map<string, Uint8Array>();
  const maskSecrets = new Map<string, Uint8Array>();
  for (const owner of roster) {
    const holders = graph.holders(owner.name).filter((holder) => revealed.has(holder));
    const shares = holders.map((holder) => revealed.get(holder)!.get(owner.name)!);
    if (away.has(owner.name)) {
      maskSecrets.set(owner.name, await reconstructMaskSecret(owner, shares, graph.threshold));
    } else {
      selfSeeds.set(owner.name, await reconstructSelfSeed(owner, shares, graph.threshold));
      // One share less is not enough, nor are those of the colluders.
      const few = shares.slice(0, graph.threshold - 1);
      expect(await codedAsync(reconstructSelfSeed(owner, few, graph.threshold))).toBe('COMMITMENT_MISMATCH');
    }
  }
  const opening = {
    ...common,
    selfSeeds,
    maskSecrets,
    heKey: heKeyOf(keys, set).reveal(),
    macKey: keys.mac.reveal(),
    valueCount,
  };
  const expected = Array.from({ length: valueCount }, (_, j) =>
    members.reduce((total, name) => total + valuesOf(names.indexOf(name))[j]!, 0),
  );
  expect([...(await openSum(opening, [sum]))]).toEqual(expected);
  // Whoever believes in another number of colluders may take off masks that nobody put on.
  expect(await codedAsync(openSum({ ...opening, colluders: 40 }, [sum]))).toMatch(/^SUM_/);
}, 600_000);

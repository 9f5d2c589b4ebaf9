import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { ParticipantName } from '../../../contract/index.js';
import type { AskingParts, ScoreAsking } from '../../../participant/online/index.js';
import { openAnswer, sealAnswer, sealQuestion } from '../../../participant/online/score-messages.js';
import { codedAsync } from '../../support/coded.js';
import { OnlineStage, relayTo } from './stage.js';
import {
  featureAt,
  goesLeft,
  grownTrees,
  leaves,
  ownerOf,
  start,
  treeCalibration,
  treeScaling,
} from './tree-stage.js';

let stage: OnlineStage;
afterEach(() => stage.close());

const allowed = { scores: { online: true, onlinePerDay: 1000, batch: 'all' } };

/** Everybody's customers: id, then own cells. */
async function set(names: readonly string[]): Promise<void> {
  stage = await OnlineStage.set(names, grownTrees);
  stage.give('bank-a', [
    [1, 500, 'no'],
    [2, 20_000, 'yes'],
    [3, 500, ''],
    [4, 500, ''],
  ]);
  names.slice(1).forEach((name, at) => {
    stage.give(name, [
      [1, 25 + 10 * at],
      [2, 60 - 25 * at],
      [3, ''],
      [4, 20],
    ]);
    stage.allow(name, allowed);
  });
}
const pair = () => set(['bank-a', 'platform-b']);
const trio = () => set(['bank-a', 'platform-b', 'platform-c', 'platform-d']);

/** Bins of the customers above: Amount, Records, then Age at each platform. */
const binsOf: Readonly<Record<string, { Amount: number; Records: number; Age: readonly number[] }>> = {
  1: { Amount: 0, Records: 0, Age: [0, 1, 1] },
  2: { Amount: 2, Records: 1, Age: [2, 1, 0] },
  3: { Amount: 0, Records: 2, Age: [3, 3, 3] },
  // What is missing goes left at the one node where it matters, unlike a high bin.
  4: { Amount: 0, Records: 2, Age: [0, 0, 0] },
};

/** Log-odds before calibration, walked by hand. */
function rawScore(id: string): number {
  const bins = binsOf[id]!;
  return leaves.slice(0, 2).reduce((sum, of, tree) => {
    let node = 0;
    for (;;) {
      const leaf = of.find(([at]) => at === node);
      if (leaf) return sum + leaf[1];
      const split = `${tree + 1}/${node}`;
      const owner = stage.names.indexOf(ownerOf(split, stage.names));
      const bin = owner === 0 ? bins[featureAt(split) as 'Amount' | 'Records'] : bins.Age[owner - 1]!;
      node = 2 * node + (goesLeft(split, bin) ? 1 : 2);
    }
  }, start);
}
const factor = treeScaling.pdo / Math.log(2);
const calibratedOf = (raw: number) => treeCalibration.slope * raw + treeCalibration.intercept;
const pointsOf = (raw: number) =>
  treeScaling.base - factor * Math.log(treeScaling.odds) - factor * calibratedOf(raw);

const answeringAll = () =>
  new Map(stage.names.slice(1).map((name) => [name, stage.answering(name)] as const));
const asking = (ask: AskingParts['ask'] = relayTo(stage, answeringAll())) => stage.asking(ask);
const failed = (from: ScoreAsking, id: string) => codedAsync(from.score({ id }));

describe('a single score by trees', () => {
  it.each([
    ['one platform', pair],
    ['three platforms', trio],
  ])('of a bank and %s is the leaf that the walk ends in, tree by tree', async (_, open) => {
    await open();
    const from = asking();
    for (const id of ['1', '2', '3', '4']) {
      const score = await from.score({ id });
      expect(score.points).toBeCloseTo(pointsOf(rawScore(id)), 1);
      expect(score.probability).toBeCloseTo(1 / (1 + Math.exp(-calibratedOf(rawScore(id)))), 6);
      const { base, bank, partners } = score.contributions;
      expect(base + bank + partners).toBeCloseTo(score.points, 1);
    }
    expect(new Set(['1', '2', '3'].map(rawScore)).size).toBe(3);
  });

  it('takes the features of an applicant from the request', async () => {
    await pair();
    const from = asking();
    const known = await from.score({ id: '2' });
    const given = await from.score({ id: '2', features: { Amount: 20_000, Records: 'yes' } });
    expect({ ...given, requestId: '' }).toEqual({ ...known, requestId: '' });
    expect((await from.score({ id: '2', features: { Amount: 10, Records: 'no' } })).points).not.toBe(
      known.points,
    );
    const lacking = from.score({ id: '2', features: { Amount: 10 } });
    expect(await codedAsync(lacking)).toBe('SCHEMA_DRIFT');
  });

  it('comes with reasons that name own features, and a partner’s by its code alone', async () => {
    await pair();
    const { reasons, contributions, points } = await asking().score({ id: '2' });
    expect(reasons.length).toBeGreaterThan(0);
    for (const { feature, partner, pointsLost } of reasons) {
      expect(partner === undefined ? ['Amount', 'Records'] : ['f1']).toContain(feature);
      expect([undefined, 'platform-b']).toContain(partner);
      expect(pointsLost).toBeGreaterThan(0);
    }
    expect(reasons.some(({ partner }) => partner === 'platform-b')).toBe(true);
    const losses = reasons.map(({ pointsLost }) => pointsLost);
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(JSON.stringify(reasons)).not.toContain('Age');
    // Nothing but the platform's one feature tells for it.
    const [ofPartner] = reasons.filter(({ partner }) => partner !== undefined);
    expect(ofPartner!.pointsLost).toBeCloseTo(-contributions.partners, 1);
    expect(points).toBeLessThan(contributions.base);
  });

  it('is refused where a policy grants single scores and no sides of splits', async () => {
    await pair();
    for (const batch of ['none', 'holdout']) {
      stage.allow('platform-b', { scores: { online: true, onlinePerDay: 1000, batch } });
      expect(await failed(asking(), '1')).toBe('SCORE_REFUSED');
    }
    stage.allow('platform-b', allowed);
    expect(await failed(asking(), '1')).toBe('no error');
  });

  it('counts for the number of a day like any other', async () => {
    await pair();
    stage.allow('platform-b', { scores: { ...allowed.scores, onlinePerDay: 2 } });
    const from = asking();
    expect(await failed(from, '1')).toBe('no error');
    expect(await failed(from, '9')).toBe('SCORE_UNKNOWN_CUSTOMER');
    expect(await failed(from, '1')).toBe('no error');
    expect(await failed(from, '1')).toBe('SCORE_REFUSED');
  });

  it('has answers of one length, with a customer or without', async () => {
    await trio();
    const relay = relayTo(stage, answeringAll());
    const lengths = new Map<string, Set<number>>();
    const from = stage.asking(async (question) => {
      const sealed = await relay(question);
      lengths.set(question.to, (lengths.get(question.to) ?? new Set()).add(sealed.ciphertext.length));
      return sealed;
    });
    stage.give('platform-c', [[2, 30]]);
    await from.score({ id: '2' });
    expect(await failed(from, '1')).toBe('SCORE_UNKNOWN_CUSTOMER');
    stage.allow('platform-d', { scores: { online: false } });
    expect(await failed(from, '2')).toBe('SCORE_REFUSED');
    for (const each of lengths.values()) expect(each.size).toBe(1);
  });
});

describe('sides of several feature holders', () => {
  /** What the bank gets from each holder in one request, opened and uncovered by nobody. */
  async function bodies(questionsOf: (to: string) => { id: string; requestId: string }) {
    const platforms = answeringAll();
    const relay = relayTo(stage, platforms);
    const bank = stage.job('bank-a');
    const { treeLabelSide } = await import('../../../participant/online/tree-sides.js');
    const side = treeLabelSide(bank, stage.modelOf('bank-a') as never);
    const told = new Map<string, Uint8Array>();
    for (const name of stage.names.slice(1)) {
      const { id, requestId } = questionsOf(name);
      const to = bank.entries.get(name)!;
      const customer = new Uint8Array(createHash('sha256').update(id).digest());
      const signer = stage.play.cast.signer('bank-a');
      const sealed = await sealQuestion(
        { job: bank, signer, requestId, to },
        { customer, askedMs: stage.nowMs },
      );
      const answer = await relay({ jobId: stage.jobId, to: name as ParticipantName, requestId, sealed });
      const opened = await openAnswer(
        { job: bank, requestId, from: to, sealed: answer },
        side.bytesFrom(name),
      );
      if (opened.kind === 'part') told.set(name, Uint8Array.from(opened.body));
    }
    return { bank, told };
  }
  const uncover = async (
    ...args: Parameters<typeof import('../../../participant/online/side-pads.js').uncovered>
  ) => (await import('../../../participant/online/side-pads.js')).uncovered(...args);
  const drawn = (() => {
    let at = 0;
    return () => (++at).toString(16).padStart(32, '0');
  })();

  it('open with the keys that all others give, and say nothing without one of them', async () => {
    await trio();
    const requestId = drawn();
    const { bank, told } = await bodies(() => ({ id: '1', requestId }));
    const sides = await uncover(bank, told);
    expect([...sides.values()].map(({ length }) => length)).toEqual([1, 1, 1]);
    for (const holder of told.keys()) {
      // One bit off in the key that `holder` gives for another opens nothing.
      const broken = Uint8Array.from(told.get(holder)!);
      broken[broken.length - 1]! ^= 1;
      const changed = new Map([...told, [holder, broken]]);
      expect(await codedAsync(uncover(bank, changed))).toBe('MESSAGE_MALFORMED');
    }
  });

  it('do not open when two of them were asked for two customers under one request id', async () => {
    await trio();
    const requestId = drawn();
    const { bank, told } = await bodies((to) => ({ id: to === 'platform-b' ? '2' : '1', requestId }));
    expect(told.size).toBe(3);
    expect(await codedAsync(uncover(bank, told))).toBe('MESSAGE_MALFORMED');
  });

  it('of two requests do not mix', async () => {
    await trio();
    const [one, two] = [drawn(), drawn()];
    const first = await bodies(() => ({ id: '1', requestId: one }));
    const second = await bodies(() => ({ id: '1', requestId: two }));
    const mixed = new Map([...first.told, ['platform-c', second.told.get('platform-c')!]]);
    expect(await codedAsync(uncover(first.bank, mixed))).toBe('MESSAGE_MALFORMED');
    const covered = (told: ReadonlyMap<string, Uint8Array>) =>
      Buffer.from(told.get('platform-b')!).toString('hex');
    expect(covered(first.told)).not.toBe(covered(second.told));
  });

  it('of one that lies are refused at the bank, and never half a score', async () => {
    await trio();
    const relay = relayTo(stage, answeringAll());
    const liar = stage.job('platform-b');
    const from = stage.asking(async (question) => {
      if (question.to !== 'platform-b') return relay(question);
      const { requestId } = question;
      const to = liar.entries.get('bank-a')!;
      const signer = stage.play.cast.signer('platform-b');
      const body = new Uint8Array(69).fill(3);
      return sealAnswer({ job: liar, signer, requestId, to }, { kind: 'part', body }, body.length);
    });
    expect(await failed(from, '1')).toBe('MESSAGE_MALFORMED');
  });
});

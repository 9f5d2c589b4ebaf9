import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ParticipantName, VerticalSpecOf } from '../../../contract/index.js';
import { generateSealKeys } from '../../../crypto/sealing/index.js';
import { loadVertical } from '../../../participant/data/index.js';
import { type ExportedNode, type ExportedTrees, exportModel } from '../../../participant/model-export.js';
import type { OnlineJob } from '../../../participant/online/online-job.js';
import { ownPartsOf, ownRowOf } from '../../../participant/online/own-part.js';
import { treeHolder, treeLabelSide } from '../../../participant/online/tree-sides.js';
import { readModelPart, type TreeModel, wantedOf } from '../../../participant/vertical/index.js';
import { codedAsync } from '../../support/coded.js';
import { runVertical, VerticalParty, type VerticalRun, verticalSpecOf } from '../../support/vertical-cast.js';
import {
  bankFeatures,
  creditRows,
  holdCredit,
  platformFeatures,
  scoringOf,
} from '../../support/vertical-credit.js';

const { Seniority, Home, Age, Income, Job } = platformFeatures;
const features = {
  bank: bankFeatures,
  'platform-1': { Seniority, Home, Job },
  'platform-2': { Age, Income },
} as const;
const names = Object.keys(features) as (keyof typeof features)[];
const parties = names.map((name) => new VerticalParty(name));
const partyOf = (name: string) => parties.find((party) => party.name === name)!;

let grown: VerticalRun;
let spec: VerticalSpecOf<'boosting'>;
/** Probability and points by id, as a batch has them. */
let batch: ReadonlyMap<string, readonly [number, number]>;

beforeAll(async () => {
  for (const party of parties) {
    const own = features[party.name as keyof typeof features];
    // Platforms know fewer customers: keys of rows differ between parties.
    const has = (id: number) =>
      id % 3 !== 1 && (party.name === 'bank' || id % 10 !== names.indexOf(party.name as never));
    holdCredit(party, { features: own, label: party.name === 'bank', has });
  }
  spec = verticalSpecOf({
    ...{ name: 'trees', mode: 'vertical', type: 'boosting', purpose: 'credit-risk', labelHolder: 'bank' },
    parties: Object.fromEntries(names.map((name) => [name, { dataset: 'loans', features: features[name] }])),
    trees: { count: 5, depth: 3, learningRate: 0.5, patience: 4 },
  }) as VerticalSpecOf<'boosting'>;
  grown = await runVertical(spec, parties);
  const scored = await runVertical(verticalSpecOf(scoringOf(grown.jobId, 'bank', names)), parties);
  const [, ...lines] = readFileSync(join(scored.folderOf('bank'), 'scores.csv'), 'utf8')
    .trim()
    .split('\n');
  batch = new Map(
    lines.map((line) => {
      const [id, probability, points] = line.split(',') as [string, string, string];
      return [id, [Number(probability), Number(points)]];
    }),
  );
});
afterAll(() => {
  for (const party of parties) party.remove();
});

describe('single scores by trees that were grown', () => {
  it('are those of a batch, customer by customer', async () => {
    const keys = new Map(
      await Promise.all(names.map(async (name) => [name, await generateSealKeys()] as const)),
    );
    const jobOf = (me: keyof typeof features): OnlineJob => ({
      ...{
        jobId: grown.jobId,
        me: me as string as ParticipantName,
        spec,
        rosterDigest: 'd'.repeat(64) as never,
      },
      entries: new Map(names.map((name) => [name, { name, sealKey: keys.get(name)!.publicKey } as never])),
      privateKey: keys.get(me)!.privateKey,
    });
    const rowsAt = async (name: string) => {
      const model = (await readModelPart(grown.folderOf(name))) as TreeModel;
      const table = await loadVertical(
        join(partyOf(name).datasets, 'loans.yaml'),
        wantedOf(model),
        { label: false },
        {},
      );
      return { model, kept: ownPartsOf(model, table), at: new Map(table.ids.map((id, row) => [id, row])) };
    };
    const rows = new Map(await Promise.all(names.map(async (name) => [name, await rowsAt(name)] as const)));
    const [bank, ...holders] = names;
    const side = treeLabelSide(jobOf(bank!), rows.get(bank!)!.model);
    const told = holders.map((name) => [name, treeHolder(jobOf(name), rows.get(name)!.model)] as const);
    const customer = new Uint8Array(32);
    let partnersTell = 0;
    for (const [id, [probability, points]] of batch) {
      const rowOf = (name: keyof typeof features) => {
        const { kept, at } = rows.get(name)!;
        return ownRowOf(kept, at.get(id)!);
      };
      const answers = new Map(
        told.map(([name, holder]) => [name as string, holder.told(rowOf(name), '0'.repeat(32), customer)]),
      );
      for (const [name, holder] of told) {
        expect(answers.get(name)!.length).toBe(holder.bytes);
        expect(holder.bytes).toBe(side.bytesFrom(name));
      }
      const score = side.score(rowOf(bank!), answers);
      expect(score.probability).toBeCloseTo(probability, 5);
      expect(score.points).toBeCloseTo(points, 1);
      if (score.reasons.some(({ partner }) => partner !== undefined)) partnersTell += 1;
    }
    expect(batch.size).toBeGreaterThan(1000);
    expect(partnersTell).toBeGreaterThan(100);
  });
});

describe('exported parts', () => {
  async function exported(name: string): Promise<ExportedTrees> {
    const out = join(partyOf(name).root, 'part.json');
    await exportModel({ home: partyOf(name).root, jobId: grown.jobId, out });
    return JSON.parse(readFileSync(out, 'utf8'));
  }

  /** As another program would walk down: by the documents and the raw cells alone. */
  function goesLeft(part: ExportedTrees, id: string, cells: Readonly<Record<string, string>>): boolean {
    const { feature, left, missing } = part.splits.find((split) => split.id === id)!;
    const { kind, levels = [] } = part.features[feature]!;
    const cell = cells[feature]!;
    const lacks = cell === '' || (kind === 'category' && !levels.includes(cell));
    if (lacks) return missing === 'left';
    if ('values' in left) return left.values === 'all';
    if ('levels' in left) return left.levels.includes(cell);
    if ('above' in left) return Number(cell) > left.above;
    return 'atMost' in left && Number(cell) <= left.atMost;
  }

  it('of all parties score raw rows as a batch does', async () => {
    const parts = new Map(
      await Promise.all(names.map(async (name) => [name as string, await exported(name)] as const)),
    );
    const { start, trees, calibration, labelHolder } = parts.get('bank')!;
    expect(labelHolder).toBe('bank');
    const { names: columns, rows } = creditRows();
    const owners = new Set<string>();
    for (const row of rows) {
      const cells = Object.fromEntries(columns.map((column, at) => [column, row[at]!]));
      const known = batch.get(cells.id!);
      if (known === undefined) continue;
      const score = trees!.reduce((sum, nodes) => {
        const byId = new Map(nodes.map((node) => [node.id, node]));
        let node: ExportedNode = nodes[0]!;
        while (!('leaf' in node)) {
          owners.add(node.party);
          node = byId.get(goesLeft(parts.get(node.party)!, node.id, cells) ? node.left : node.right)!;
        }
        return sum + node.leaf;
      }, start!);
      const probability = 1 / (1 + Math.exp(-(calibration!.slope * score + calibration!.intercept)));
      expect(probability).toBeCloseTo(known[0], 5);
    }
    expect([...owners].sort()).toEqual([...names].sort());
  });

  it('tell nobody what is another’s', async () => {
    const bank = await exported('bank');
    const nodes = bank.trees!.flat().flatMap((node) => ('leaf' in node ? [] : [node]));
    const own = new Set(bank.splits.map(({ id }) => id));
    for (const { id, party, feature } of nodes) {
      expect(own.has(id)).toBe(party === 'bank');
      expect(feature).toMatch(party === 'bank' ? /^[A-Z]/ : /^f[1-9]$/);
    }
    for (const name of ['platform-1', 'platform-2'] as const) {
      const part = await exported(name);
      for (const secret of ['start', 'trees', 'calibration', 'scaling'])
        expect(part).not.toHaveProperty(secret);
      // The code under which the bank knows each feature: its owner can say what a reason means.
      const used = nodes.filter(({ party }) => party === name);
      const codes = Object.values(part.features).map(({ code }) => code);
      for (const { id, feature } of used) {
        const split = part.splits.find((each) => each.id === id)!;
        expect(part.features[split.feature]!.code).toBe(feature);
        expect(codes).toContain(feature);
      }
      for (const feature of Object.keys(features[name])) expect(JSON.stringify(bank)).not.toContain(feature);
    }
  });

  it('cannot be had of a job that left no model, or in a folder that is not there', async () => {
    const { root } = partyOf('bank');
    const nowhere = exportModel({ home: root, jobId: `job-${'0'.repeat(32)}`, out: join(root, 'x.json') });
    expect(await codedAsync(nowhere)).toBe('MODEL_UNKNOWN');
    const out = join(root, 'no', 'such', 'folder', 'part.json');
    expect(await codedAsync(exportModel({ home: root, jobId: grown.jobId, out }))).toBe('CONFIG_INVALID');
  });
});

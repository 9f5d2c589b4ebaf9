import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepName } from '../../../contract/index.js';
import { runVertical, VerticalParty, verticalSpecOf } from '../../support/vertical-cast.js';
import { bankFeatures, holdCredit, platformFeatures } from '../../support/vertical-credit.js';

let bank: VerticalParty;
let platform: VerticalParty;
beforeAll(() => {
  [bank, platform] = [new VerticalParty('bank'), new VerticalParty('platform')];
  const has = (id: number) => id % 8 === 0;
  holdCredit(bank, { features: bankFeatures, label: true, has });
  holdCredit(platform, { features: platformFeatures, label: false, has });
});
afterAll(() => {
  bank.remove();
  platform.remove();
});

interface Parcel {
  header: Record<string, never>;
  body: Buffer;
}

/** The second tree grows with the platform; parcels of its second level are changed on their way, as a liar would write them. */
function changed(name: StepName, change: (parcel: Parcel) => Parcel) {
  let seen = 0;
  return runVertical(
    verticalSpecOf({
      ...{ name: 'trees', mode: 'vertical', type: 'boosting', purpose: 'credit-risk', labelHolder: 'bank' },
      parties: {
        bank: { dataset: 'loans', features: bankFeatures },
        platform: { dataset: 'loans', features: platformFeatures },
      },
      trees: { count: 2, depth: 2 },
    }),
    [bank, platform],
    {
      tamper: (parcel) => {
        if (parcel.name !== name || seen++ !== (name === 'bins' ? 0 : 1)) return;
        const bytes = readFileSync(parcel.path);
        const length = bytes.readUInt32LE();
        const before = {
          header: JSON.parse(bytes.toString('utf8', 4, 4 + length)),
          body: bytes.subarray(4 + length),
        };
        const { header, body } = change(before);
        const json = Buffer.from(JSON.stringify(header));
        const size = Buffer.alloc(4);
        size.writeUInt32LE(json.length);
        writeFileSync(parcel.path, Buffer.concat([size, json, body]));
      },
    },
  );
}

type Node = { node: number; rows: number };
const inHeader = (edit: (header: Record<string, Node[]>) => void) => (parcel: Parcel) => {
  edit(parcel.header as never);
  return parcel;
};
const cut = ({ header, body }: Parcel) => ({ header, body: body.subarray(0, -1) });
const longer = ({ header, body }: Parcel) => ({ header, body: Buffer.concat([body, Buffer.alloc(1)]) });

describe('a label holder that lies to a feature holder', () => {
  it.each<[string, StepName, (parcel: Parcel) => Parcel]>([
    ['counts a node of another level', 'gradients', inHeader(({ counted }) => (counted![0]!.node = 0))],
    [
      'counts a node and its sibling',
      'gradients',
      inHeader(({ counted }) => counted!.push({ ...counted![0]!, node: counted![0]!.node ^ 3 })),
    ],
    ['counts other rows than are there', 'gradients', inHeader(({ counted }) => (counted![0]!.rows -= 1))],
    [
      'parts a node that is not there',
      'gradients',
      inHeader(({ parted }) => parted!.push({ node: 5, rows: 8 })),
    ],
    ['sends fewer ciphertexts', 'gradients', cut],
    ['sends more bytes', 'gradients', longer],
    [
      'parts a node by a feature that is none',
      'splits',
      inHeader((header) => (header.splits = [{ node: 1, feature: 6, bin: 0, missingLeft: true } as never])),
    ],
    [
      'parts a node of another tree',
      'splits',
      inHeader((header) => (header.splits = [{ node: 0, feature: 0, bin: 0, missingLeft: true } as never])),
    ],
  ])('%s', async (_, name, change) => {
    await expect(changed(name, change)).rejects.toMatchObject({
      code: 'PARCEL_MALFORMED',
      parties: ['bank'],
    });
  });
});

describe('a feature holder that lies to the label holder', () => {
  it.each<[string, StepName, string, (parcel: Parcel) => Parcel]>([
    ['has fewer features', 'bins', 'PARCEL_MALFORMED', inHeader(({ values }) => values!.pop())],
    [
      'groups bins in no possible way',
      'histograms',
      'PARCEL_MALFORMED',
      ({ header, body }) => ({ header, body: Buffer.concat([Buffer.from([7]), body.subarray(1)]) }),
    ],
    [
      'parts groups of bins that the parent of a node has joined',
      'histograms',
      'PARCEL_MALFORMED',
      ({ header, body }) => ({ header, body: Buffer.concat([Buffer.alloc(30, 1), body.subarray(30)]) }),
    ],
    ['sends fewer answers', 'histograms', 'PARCEL_MALFORMED', cut],
    ['sends more bytes', 'histograms', 'PARCEL_MALFORMED', longer],
    [
      'sends noise for an answer',
      'histograms',
      'CIPHERTEXT_MALFORMED',
      ({ header, body }) => ({
        header,
        body: Buffer.concat([body.subarray(0, 4_000), Buffer.alloc(body.length - 4_000, 0x5a)]),
      }),
    ],
    ['tells sides of fewer rows', 'sides', 'PARCEL_MALFORMED', longer],
  ])('%s', async (_, name, code, change) => {
    await expect(changed(name, change)).rejects.toMatchObject({ code, parties: ['platform'] });
  });
});

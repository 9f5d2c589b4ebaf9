import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { decodePsiSecrets, intersect } from '../../../crypto/psi/index.js';
import { codedAsync } from '../../support/coded.js';
import { openGrant, runVertical, VerticalParty, verticalSpecOf } from '../../support/vertical-cast.js';
import { holdInvented, invented, jobOf } from '../../support/vertical-credit.js';

const bank = new VerticalParty('bank-a');
const shop = new VerticalParty('shop-x');
afterAll(() => {
  bank.remove();
  shop.remove();
});

describe('a smallest intersection in the policy of the label holder', () => {
  test('ends the job, but the peer has the common ids by then: it bounds use, not enumeration', async () => {
    const rows = invented(120, 4);
    const probed = new Set([7, 30, 200]);
    const guessed = [
      ...rows.filter(({ id }) => probed.has(id)),
      ...invented(60, 4).map((row) => ({ ...row, id: row.id + 1000 })),
    ];
    const holdings = {
      'bank-a': holdInvented(bank, rows, [0, 2], true),
      'shop-x': holdInvented(shop, guessed, [2, 4], false),
    };
    bank.grant = { ...openGrant, minimumCommonRows: 100 };
    let folder = '';
    let kept = new Uint8Array();
    const ended = await codedAsync(
      runVertical(
        verticalSpecOf({ ...jobOf('binning', holdings), alignment: { minimumRows: 20 } }),
        [bank, shop],
        {
          before: (work) => {
            if (work.me === 'shop-x') folder = work.folder;
          },
          after: (work, { keep }) => {
            if (work.me === 'shop-x' && work.step.name === 'blind')
              kept = keep!.get('psi/bank-a')!.reveal().slice();
          },
        },
      ),
    );
    expect(ended).toBe('ALIGNMENT_TOO_SMALL');
    const found = await intersect({
      secrets: decodePsiSecrets(kept),
      ownCount: guessed.length,
      peerCount: rows.length,
      own: join(folder, 'parcel-3-from-bank-a'),
      peer: join(folder, 'work-raised-bank-a'),
    });
    expect([...found].map((row) => guessed[row]!.id).sort((a, b) => a - b)).toEqual([7, 30]);
  });
});

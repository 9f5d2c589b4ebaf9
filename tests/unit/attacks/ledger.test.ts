import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HexDigest } from '../../../contract/index.js';
import { homeLayout } from '../../../participant/config.js';
import { preflight } from '../../../participant/data/index.js';
import { populationDigest } from '../../../participant/training/population.js';
import { deafening, rewriting } from '../../support/hostile-attacks.js';
import { creditSpec, HostileFederation, names, until } from '../../support/hostile-federation.js';

const hangMs = 120_000;
let federation: HostileFederation;
beforeAll(async () => {
  federation = await HostileFederation.start();
}, hangMs);
afterAll(() => federation?.close());

test(
  'a coordinator that collects the reveals and hands nobody the sum: the statistics count as opened all the same',
  async () => {
    const withheld = rewriting('sumReady', (body) => ({ ...body, digest: '0'.repeat(64) as HexDigest }));
    const jobId = await federation.submit({ attack: { deliver: deafening(withheld) } });
    expect(await federation.verdicts(jobId)).toEqual(names.map(() => 'left SUM_DIGEST_MISMATCH'));
    for (const name of names) {
      const rows = await preflight(creditSpec(), homeLayout(federation.homes.get(name)!).datasets);
      const opened = federation.journals.get(name)!.statistics.of(populationDigest(rows));
      expect(opened).toMatchObject([{ jobId, sum: 0, purpose: 'magnitudes', members: [...names] }]);
      // What a job that was left has received or prepared does not stay on disk.
      await until(() => readdirSync(federation.jobFolder(name, jobId)).length === 0);
    }
  },
  hangMs,
);

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type JobId, specJson, type VerticalSpec } from '../../../contract/index.js';
import { homeLayout } from '../../../participant/config.js';
import type { VerticalFederation } from './vertical-federation.js';
import { bank, copyDataset, platform } from './vertical-homes.js';
import { pairParts } from './vertical-specs.js';

const pair = [bank, platform];

export type Row = Record<string, string>;
export type RowChange = (row: Row, at: number) => Row | undefined;

/** A copy of a side's rows with other values under a name of its own. */
export function variantOf(federation: VerticalFederation, name: string, dataset: string, change?: RowChange) {
  copyDataset(federation.home(name), dataset, change);
  return { parties: { ...pairParts, [name]: { ...pairParts[name], dataset } } };
}

/**
 * How a job ended for the submitter, who must act. The text says nothing that is not in the spec or in a policy: no
 * number of rows, of customers, of outcomes. And nobody keeps a file, or waits.
 */
export async function refusalIn(federation: VerticalFederation, spec: VerticalSpec) {
  const policies = pair.map((name) => readFileSync(homeLayout(federation.home(name)).policy, 'utf8'));
  const job = await federation.run(spec);
  const { state, code, detail, parties } = job;
  const known = new Set([...policies, specJson(spec)].join(' ').match(/\d+(\.\d+)?/g));
  const told =
    detail
      .replaceAll(/job-[0-9a-f]+(\/step\/\d+)?|step \d+|30 days|blinded id \d+/g, '')
      .match(/\d+(\.\d+)?/g) ?? [];
  expect(
    told.filter((number) => !known.has(number)),
    detail,
  ).toEqual([]);
  expect(state, detail).toBe('failed');
  const jobId = job.jobId as JobId;
  const left = () => [...pair.flatMap((name) => federation.files(name, jobId)), ...federation.blobs(jobId)];
  await expect.poll(left, { timeout: 20_000 }).toEqual([]);
  return { code, parties: [...parties].sort(), detail };
}

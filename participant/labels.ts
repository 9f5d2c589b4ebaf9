import { existsSync } from 'node:fs';
import { CodedError, type ErrorCode, type Secret } from '../contract/index.js';
import { homeLayout } from './config.js';
import { findDataset, listDatasets, loadVertical } from './data/index.js';
import { homeCredentials } from './identity/index.js';
import { Journal, type LabelEntry, labelBudget } from './journal/index.js';
import type { Environment } from './training/index.js';

/** A label set and what it told others, for the label holder's eyes. */
export interface LabelSet {
  readonly dataset: string;
  /** Labels of the dataset as it is now; absent when `problem` says why they cannot be counted. */
  readonly labels?: { readonly rows: number; readonly bad: number };
  /** Functionals that may be told in the life of the label set; of a job it may be less, as it counts common rows. */
  readonly budget?: number;
  readonly spent: number;
  readonly problem?: { readonly code: ErrorCode; readonly detail: string };
  /** Oldest first. */
  readonly releases: readonly Omit<LabelEntry, 'dataset'>[];
}

interface Order {
  readonly home: string;
  readonly passphrase?: Secret;
  /** One label set only. */
  readonly dataset?: string;
}

/**
 * Every dataset with a label, and every one whose labels told something while it had one.
 * @throws {CodedError} DATASET_UNKNOWN for a named dataset that is neither; ROLE_FORBIDDEN in homes of people.
 */
export async function labelSets(order: Order, env: Environment): Promise<LabelSet[]> {
  const { datasets: folder } = homeLayout(order.home);
  const entries = await ledgerOf(order);
  const names =
    order.dataset === undefined
      ? [...new Set([...(await labelledDatasets(folder)), ...entries.map(({ dataset }) => dataset)])].sort()
      : [order.dataset];
  const sets: LabelSet[] = [];
  for (const name of names) {
    const releases = entries.filter(({ dataset }) => dataset === name);
    if (releases.length === 0) await findDataset(folder, name);
    sets.push({
      dataset: name,
      ...(await countLabels(folder, name, env)),
      spent: releases.reduce((sum, { functionals }) => sum + functionals, 0),
      releases: releases.map(({ dataset: _, ...release }) => release),
    });
  }
  return sets;
}

async function ledgerOf({ home, passphrase }: Order): Promise<LabelEntry[]> {
  const { participant } = await homeCredentials(home, passphrase);
  if (participant === undefined) {
    throw new CodedError('ROLE_FORBIDDEN', `${home} does not belong to a participant`);
  }
  const { journal: path } = homeLayout(home);
  if (!existsSync(path)) return [];
  const journal = new Journal(path, participant.journalKey);
  try {
    return journal.labels.entries();
  } finally {
    journal.close();
  }
}

/** A file that does not parse is listed too: it may be the label set somebody looks for. */
async function labelledDatasets(folder: string): Promise<string[]> {
  const names = await listDatasets(folder);
  const labelled = await Promise.all(
    names.map(async (name) => {
      try {
        return (await findDataset(folder, name)).label !== undefined;
      } catch (thrown) {
        if (thrown instanceof CodedError) return true;
        throw thrown;
      }
    }),
  );
  return names.filter((_, at) => labelled[at]);
}

async function countLabels(
  folder: string,
  name: string,
  env: Environment,
): Promise<Pick<LabelSet, 'labels' | 'budget' | 'problem'>> {
  try {
    const { path } = await findDataset(folder, name);
    const { label } = await loadVertical(path, undefined, { label: true }, { env });
    let bad = 0;
    for (const each of label!) bad += each;
    const labels = { rows: label!.length, bad };
    return { labels, budget: labelBudget(labels) };
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    return { problem: { code: thrown.code as ErrorCode, detail: thrown.message } };
  }
}

import { type BigIntStats, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { findDataset } from '../data/index.js';

/** Changes whenever a file is written or replaced; `absent` without one. */
export function fileStamp(path: string): string {
  try {
    return stampOf(statSync(path, { bigint: true }));
  } catch {
    return 'absent';
  }
}

/**
 * Changes whenever the dataset file or a file of its source does. Of a pattern the whole folder counts; a database has
 * no stamp, so its rows are read anew when the dataset file is touched.
 * @throws {CodedError} DATASET_UNKNOWN, DATASET_INVALID.
 */
export async function sourceStamp(datasetFolder: string, dataset: string): Promise<string> {
  const { path, folder, source } = await findDataset(datasetFolder, dataset);
  const named = [source.csv, source.parquet, source.json, ...Object.values(source.files ?? {})];
  const paths = [path, ...named.flatMap((file) => (file === undefined ? [] : [resolve(folder, file)]))];
  const files = await Promise.all(paths.map((each) => (/[*?[]/.test(each) ? folderOf(each) : [each])));
  const stamps = await Promise.all(
    files.flat().map(async (file) => {
      const found = await stat(file, { bigint: true }).catch(() => undefined);
      return `${file} ${found === undefined ? 'absent' : stampOf(found)}`;
    }),
  );
  return stamps.join('\n');
}

async function folderOf(pattern: string): Promise<string[]> {
  const folder = dirname(pattern.slice(0, pattern.search(/[*?[]/)).concat('x'));
  const names = await readdir(folder, { recursive: true }).catch(() => [] as string[]);
  return names.sort().map((name) => resolve(folder, name));
}

function stampOf({ mtimeNs, ctimeNs, size, ino }: BigIntStats): string {
  return `${mtimeNs} ${ctimeNs} ${size} ${ino}`;
}

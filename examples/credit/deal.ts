import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { parseDocument } from 'yaml';

export const creditDataset = 'credit-loans';

/** The rows of one participant. */
export interface DealtRows {
  readonly name: string;
  /** CSV with header: id, y and the 13 features. */
  readonly path: string;
  readonly rows: number;
}

/**
 * Deals the bundled loans out as if each participant had its own customers: row `id` goes to part
 * `id % parts.length`. Writes `OUTFOLDER/NAME.csv`.
 */
export async function dealRows(options: {
  readonly parts: readonly string[];
  readonly outFolder: string;
}): Promise<DealtRows[]> {
  const { parts, outFolder } = options;
  const [header = '', ...lines] = await bundledLines();
  await mkdir(outFolder, { recursive: true });
  return Promise.all(
    parts.map(async (name, part) => {
      const own = lines.filter((line) => Number.parseInt(line, 10) % parts.length === part);
      const path = join(outFolder, `${name}.csv`);
      await writeFile(path, `${[header, ...own].join('\n')}\n`, { mode: 0o600 });
      return { name, path, rows: own.length };
    }),
  );
}

/** The bundled loans by column; cells have neither quotes nor commas. */
export async function bundledLoans(): Promise<Readonly<Record<string, string>>[]> {
  const [header = '', ...lines] = await bundledLines();
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i]!, cell])));
}

async function bundledLines(): Promise<string[]> {
  const packed = await readFile(join(creditFolder(), 'credit.csv.gz'));
  return gunzipSync(packed).toString('utf8').trimEnd().split('\n');
}

/** Puts dealt rows and the dataset file into a participant's home: `HOME/datasets/credit-loans.{csv,yaml}`. */
export async function installDataset(home: string, rowsPath: string): Promise<void> {
  const folder = join(home, 'datasets');
  await mkdir(folder, { recursive: true });
  await copyFile(join(creditFolder(), `${creditDataset}.yaml`), join(folder, `${creditDataset}.yaml`));
  await copyFile(rowsPath, join(folder, `${creditDataset}.csv`));
}

/** Writes `HOME/policy.yaml`: a policy of the example for this coordinator. */
export async function installPolicy(
  home: string,
  coordinator: { readonly name: string; readonly caFingerprint: string },
  template = 'policy.yaml',
): Promise<void> {
  const policy = parseDocument(await readFile(join(creditFolder(), template), 'utf8'));
  policy.setIn(['coordinators', 0, 'name'], coordinator.name);
  policy.setIn(['coordinators', 0, 'caFingerprint'], coordinator.caFingerprint);
  await writeFile(join(home, 'policy.yaml'), policy.toString({ lineWidth: 0 }), { mode: 0o600 });
}

/** A job spec of this example: `logistic` or `mlp`. */
export function specPath(name: 'logistic' | 'mlp'): string {
  return join(creditFolder(), `${name}.yaml`);
}

/** Data and YAML files stay in the source tree when the code is compiled into dist. */
export function creditFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return join(folder, 'examples', 'credit');
}

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { creditFolder, specPath } from '../credit/deal.js';

/** Rounds in the short form: enough for every step of the protocol to happen, twice. */
const shortRounds = 2;

/** Iterations of the vertical fit in the short form. */
const shortIterations = 4;

/** The spec file of the vertical training, which comes first; the short form has fewer iterations. */
export async function writePairSpec(out: string, short: boolean): Promise<string> {
  const folder = join(out, 'specs');
  await mkdir(folder, { recursive: true });
  const template = join(creditFolder(), '..', 'specs', 'vertical-training.yaml');
  const spec = parseDocument(await readFile(template, 'utf8'));
  if (short) spec.setIn(['training', 'iterations'], shortIterations);
  const path = join(folder, 'vertical-training.yaml');
  await writeFile(path, spec.toString());
  return path;
}

/** Spec files of the horizontal jobs, in the order they are run; the short form is the first one with fewer rounds. */
export async function writeSpecs(out: string, short: boolean): Promise<string[]> {
  const folder = join(out, 'specs');
  await mkdir(folder, { recursive: true });
  const kinds = short ? (['logistic'] as const) : (['logistic', 'mlp'] as const);
  return Promise.all(
    kinds.map(async (kind) => {
      const spec = parseDocument(await readFile(specPath(kind), 'utf8'));
      if (short) spec.setIn(['training', 'rounds'], shortRounds);
      const path = join(folder, `${kind}.yaml`);
      await writeFile(path, spec.toString());
      return path;
    }),
  );
}

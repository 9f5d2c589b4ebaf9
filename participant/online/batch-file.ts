import { existsSync, readFileSync } from 'node:fs';
import { copyFile, constants as fsConstants, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, type JobId } from '../../contract/index.js';
import { homeLayout } from '../config.js';
import type { VerticalResult } from '../vertical/result.js';
import { scoreFileName } from '../vertical/score-file.js';

/**
 * Copies the scores of a finished scoring job out of the label holder's home; an existing file is replaced whole.
 * @throws {CodedError} MODEL_UNKNOWN when the job left no scores here, CONFIG_INVALID when `out` cannot be written.
 */
export async function copyBatchScores(home: string, jobId: JobId, out: string) {
  const folder = join(homeLayout(home).jobs, jobId);
  const path = join(folder, scoreFileName);
  if (!existsSync(path)) throw new CodedError('MODEL_UNKNOWN', `${home} holds no scores of ${jobId}`);
  const { rows } = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')) as VerticalResult;
  const part = `${out}.part`;
  try {
    await rm(part, { force: true });
    await copyFile(path, part, fsConstants.COPYFILE_EXCL);
    await rename(part, out);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CodedError('CONFIG_INVALID', `--out: cannot write ${out} (${code})`, { cause });
  }
  return { path: out, scored: rows.common, withoutPartner: rows.own - rows.common };
}

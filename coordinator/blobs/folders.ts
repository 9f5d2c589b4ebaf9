import { access, constants, mkdir } from 'node:fs/promises';

/**
 * Makes a folder below the root, and those on the way. Where the disk is read-only Node (20 to 24) says ENOENT of a folder
 * that it could not make; the root says why.
 */
export async function makeFolder(root: string, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    await access(root, constants.W_OK);
    throw error;
  }
}

import * as product from 'node:fs/promises';
import { isVirtual, listVirtual, removeVirtual } from '../virtual-files.js';

export * from 'node:fs/promises';

export const readdir = async (path: string) => (isVirtual(path) ? listVirtual(path) : product.readdir(path));

export const rm = async (path: string, options: object) =>
  isVirtual(path) ? removeVirtual(path) : product.rm(path, options);

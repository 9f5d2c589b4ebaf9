import * as product from 'node:fs';
import { existsVirtual, isVirtual } from '../virtual-files.js';

export * from 'node:fs';

export const mkdirSync = (path: string, options: object) =>
  isVirtual(path) || product.mkdirSync(path, options);

export const existsSync = (path: string) => existsVirtual(path) || product.existsSync(path);

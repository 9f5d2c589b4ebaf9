import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../coordinator/store/index.js';
import { storeSuite } from './store-suite.js';

storeSuite('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fedrisk-store-'));
  return {
    open: async () => openSqliteStore(join(folder, 'coordinator.sqlite')),
    tearDown: () => rm(folder, { recursive: true }),
  };
});

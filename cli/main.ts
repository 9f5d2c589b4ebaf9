#!/usr/bin/env node
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { boundGarbage, Secret, systemClock } from '../contract/index.js';
import { runProgram } from './program.js';
import type { Runtime } from './runtime.js';

const { FEDRISK_HOME, FEDRISK_PASSPHRASE, NO_COLOR, TERM } = process.env;

const runtime: Runtime = {
  environment: {
    home: FEDRISK_HOME || join(homedir(), '.fedrisk'),
    passphrase: FEDRISK_PASSPHRASE ? new Secret(Buffer.from(FEDRISK_PASSPHRASE)) : undefined,
    plain: (NO_COLOR ?? '') !== '' || TERM === 'dumb',
  },
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  doors: {
    coordinator: () => import('../coordinator/main.js'),
    participant: () => import('../participant/main.js'),
  },
  onInterrupt: (listener) => {
    const forget = () => {
      process.off('SIGINT', once);
      process.off('SIGTERM', once);
    };
    // Without our listener a second signal ends the process at once, however long closing takes.
    const once = () => {
      forget();
      listener();
    };
    process.on('SIGINT', once);
    process.on('SIGTERM', once);
    return forget;
  },
  endWithin: (ms) => {
    setTimeout(() => process.exit(), ms).unref();
  },
  boundGarbage,
};

// A reader that went away (`fedrisk jobs list | head -1`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

process.exitCode = await runProgram(process.argv.slice(2), runtime);

import type { Clock, Secret } from '../contract/index.js';
import type { Doors } from './doors.js';

/** Where text goes; process.stdout and process.stderr fit. */
export interface TextSink {
  write(text: string): boolean;
  readonly isTTY?: boolean | undefined;
  /** Size of the terminal, when it is one. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** The environment as main.ts read it, once. */
export interface Environment {
  /** FEDRISK_HOME, or `.fedrisk` in the user's folder. */
  readonly home: string;
  /** FEDRISK_PASSPHRASE. */
  readonly passphrase: Secret | undefined;
  /** NO_COLOR is set or the terminal is dumb. */
  readonly plain: boolean;
}

/** Everything of the process a command touches. */
export interface Runtime {
  readonly environment: Environment;
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean };
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly clock: Clock;
  readonly doors: Doors;
  /** Calls back once on SIGINT or SIGTERM; a second signal ends the process. Returns how to stop listening. */
  readonly onInterrupt: (listener: () => void) => () => void;
  /** Ends the process if it still runs after this long. */
  readonly endWithin?: (ms: number) => void;
  /** Keeps a process that runs for long from holding memory that it does not use. */
  readonly boundGarbage?: (bytes: number) => void;
}

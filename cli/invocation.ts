import { readFile } from 'node:fs/promises';
import { CodedError, Secret } from '../contract/index.js';
import type { JobsClient } from './client.js';
import type { HomeOrder } from './doors.js';
import type { Envelope } from './output.js';
import type { Runtime, TextSink } from './runtime.js';
import { colourPalette, type Palette, plainPalette } from './text/palette.js';
import { parseDuration } from './text/units.js';

/** Options every command takes; commander hands them over by these names. */
export interface GlobalOptions {
  readonly json?: true;
  readonly home?: string;
  readonly coordinator?: string;
  readonly timeout?: string;
  readonly passphraseFile?: string;
  readonly color: boolean;
}

/** Colours only where a person looks. */
export function paletteOf(sink: TextSink, runtime: Runtime, options: GlobalOptions): Palette {
  return sink.isTTY === true && options.color && !runtime.environment.plain ? colourPalette : plainPalette;
}

const callTimeoutMs = 15_000;

/** One run of one command: its options resolved, and the ways to the rest of the system. */
export class Invocation {
  readonly home: string;
  readonly json: boolean;
  readonly palette: Palette;
  /** --timeout, when given. */
  readonly timeoutMs: number | undefined;
  /** Addresses of --coordinator; they override the one the home folder remembers. */
  readonly coordinator: string | undefined;
  readonly #passphraseFile: string | undefined;

  constructor(
    readonly runtime: Runtime,
    options: GlobalOptions,
  ) {
    this.home = options.home ?? runtime.environment.home;
    this.json = options.json ?? false;
    this.coordinator = options.coordinator;
    this.#passphraseFile = options.passphraseFile;
    this.timeoutMs = options.timeout === undefined ? undefined : parseDuration('--timeout', options.timeout);
    this.palette = paletteOf(runtime.stdout, runtime, options);
  }

  /** Asks the coordinator, as whoever owns the home folder. */
  async ask<Answer>(question: (client: JobsClient) => Promise<Answer>): Promise<Answer> {
    const client = await this.#connect();
    try {
      return await question(client);
    } finally {
      client.close();
    }
  }

  async #connect(): Promise<JobsClient> {
    const { connectJobs } = await import('./client.js');
    const participant = await this.runtime.doors.participant();
    const credentials = await participant.homeCredentials(await this.order());
    return connectJobs({
      credentials,
      address: this.coordinator ?? credentials.address,
      timeoutMs: this.timeoutMs ?? callTimeoutMs,
      clock: this.runtime.clock,
    });
  }

  /** The home folder and what opens it, as the doors take them. */
  async order(): Promise<HomeOrder> {
    const passphrase = await this.#passphrase();
    return { home: this.home, ...(passphrase && { passphrase }) };
  }

  /** The address of --coordinator, as the doors take it. */
  get dial(): { readonly address?: string } {
    return this.coordinator === undefined ? {} : { address: this.coordinator };
  }

  /** --passphrase-file, else FEDRISK_PASSPHRASE, else none. */
  async #passphrase(): Promise<Secret | undefined> {
    if (this.#passphraseFile === undefined) return this.runtime.environment.passphrase;
    const bytes = await readInput(this.#passphraseFile, '--passphrase-file');
    let end = bytes.length;
    while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end -= 1;
    return new Secret(bytes.subarray(0, end));
  }

  /** A remark for people, beside the result; silent with --json. */
  note(text: string): void {
    if (!this.json) this.runtime.stderr.write(`${text}\n`);
  }

  /** One line of a stream of results: an envelope with --json, else the text. */
  emit(data: unknown, text: string): void {
    this.runtime.stdout.write(
      `${this.json ? JSON.stringify({ ok: true, data } satisfies Envelope) : text}\n`,
    );
  }
}

/** The bytes of a file that an argument or option names. @throws {CodedError} CONFIG_INVALID naming it. */
export async function readInput(path: string, option: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (thrown) {
    const reason = (thrown as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new CodedError('CONFIG_INVALID', `${option}: cannot read ${path} (${reason})`, { cause: thrown });
  }
}

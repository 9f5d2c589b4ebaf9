import { Piscina } from 'piscina';
import { outcomeOf, type ThreadOutcome } from '../../contract/core.js';
import { FreshZeros, ProductCipher, type ProductSetName, productSet, SeedExpander } from '../he/index.js';
import {
  answerOutputs,
  encryptBlocks,
  openAnswers,
  passBlocks,
  readBlocks,
  readPassedBlocks,
  type Task,
  type TaskOf,
} from './tasks.js';

type Result = Uint8Array | Uint32Array;

/** SEAL's objects under one key cost a few milliseconds to set up; one job uses a handful of keys. */
const KEPT = 8;

class Kept<T extends { close(): void }> {
  readonly #open: (set: ProductSetName, key: Uint8Array) => Promise<T>;
  readonly #entries: { set: ProductSetName; key: Uint8Array; value: T }[] = [];

  constructor(open: (set: ProductSetName, key: Uint8Array) => Promise<T>) {
    this.#open = open;
  }

  async get(set: ProductSetName, key: Uint8Array): Promise<T> {
    const known = this.#entries.find((entry) => entry.set === set && Buffer.compare(entry.key, key) === 0);
    if (known !== undefined) return known.value;
    const value = await this.#open(set, key);
    this.#entries.push({ set, key, value });
    if (this.#entries.length > KEPT) {
      const oldest = this.#entries.shift();
      oldest?.key.fill(0);
      oldest?.value.close();
    }
    return value;
  }
}

const ciphers = new Kept<ProductCipher>((set, key) => ProductCipher.open(set, key));
const zeros = new Kept<FreshZeros>((set, publicKey) => FreshZeros.open(set, publicKey));
const expanders = new Kept<SeedExpander>((set) => SeedExpander.open(set));
const noKey = new Uint8Array(0);

async function perform(task: Task): Promise<Result> {
  switch (task.kind) {
    case 'prepare':
      await prepare(task);
      return new Uint8Array(0);
    case 'encrypt':
      return encryptBlocks(await ciphers.get(task.set, task.key), task);
    case 'read':
      return readBlocks(await expanders.get(task.set, noKey), task.bytes);
    case 'readPassed':
      return readPassedBlocks(productSet(task.set), task.bytes);
    case 'pass':
      return passBlocks(await zeros.get(task.set, task.publicKey), task.words);
    case 'answer':
      return answerOutputs(await zeros.get(task.set, task.publicKey), task);
    case 'open':
      return openAnswers(await ciphers.get(task.set, task.key), task);
  }
}

async function prepare({ set, keys }: TaskOf<'prepare'>): Promise<void> {
  if ('secretKey' in keys) await ciphers.get(set, keys.secretKey);
  else await Promise.all([zeros.get(set, keys.publicKey), expanders.get(set, noKey)]);
}

/** One task in a worker thread; its result moves to the caller without a copy. */
export default async function work(task: Task): Promise<ThreadOutcome<Result>> {
  const outcome = await outcomeOf(() => perform(task));
  if (!outcome.ok) return outcome;
  return Piscina.move({
    get [Piscina.transferableSymbol]() {
      return outcome.value.buffer;
    },
    get [Piscina.valueSymbol]() {
      return outcome;
    },
  } as never) as unknown as ThreadOutcome<Result>;
}

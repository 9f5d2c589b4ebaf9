import { Piscina } from 'piscina';
import { outcomeOf, type ThreadOutcome } from '../../contract/core.js';
import { productSet } from '../he/index.js';
import { FreshZeros, ProductCipher, SeedExpander } from './cipher/index.js';
import { KeptKeys } from './kept-keys.js';
import type { CipherWords } from './kernel/index.js';
import type { Task } from './tasks.js';
import { encryptBlocks, openAnswers, passBlocks, readBlocks, readPassedBlocks } from './wire-blocks.js';

type Result = Uint8Array | Uint32Array;

const ciphers = new KeptKeys(
  (set, key) => new ProductCipher(set, key),
  (cipher) => cipher.close(),
);
const zeros = new KeptKeys((set, publicKey) => new FreshZeros(set, publicKey));

function perform(task: Task): Result {
  switch (task.kind) {
    case 'prepare':
      ciphers.of(task.set, task.key);
      return new Uint8Array(0);
    case 'encrypt':
      return encryptBlocks(ciphers.of(task.set, task.key), task);
    case 'read':
      return joinedBlocks(readBlocks(new SeedExpander(task.set), task.bytes));
    case 'readPassed':
      return readPassedBlocks(productSet(task.set), task.bytes);
    case 'pass':
      return passBlocks(zeros.of(task.set, task.publicKey), task.words);
    case 'open':
      return openAnswers(ciphers.of(task.set, task.key), task);
  }
}

function joinedBlocks(blocks: Iterable<CipherWords>): Uint32Array {
  const copies = Array.from(blocks, (words) => words.slice());
  const joined = new Uint32Array(copies.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const words of copies) {
    joined.set(words, at);
    at += words.length;
  }
  return joined;
}

/** One task in a worker thread; its result moves to the caller without a copy. */
export default async function work(task: Task): Promise<ThreadOutcome<Result>> {
  const outcome = await outcomeOf(async () => perform(task));
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

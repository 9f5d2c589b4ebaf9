import * as product from 'node:crypto';

export * from 'node:crypto';

const known = new Map<string, ArrayBuffer>();
const most = 10_000;

const pool = new Uint8Array(65_536);
let used = pool.length;

/** The operating system is asked for many bytes at once: a polynomial of shares takes 32. */
export const randomBytes = (size: number): Buffer => {
  if (size > pool.length) return product.randomBytes(size);
  if (used + size > pool.length) {
    product.randomFillSync(pool);
    used = 0;
  }
  used += size;
  return Buffer.from(pool.subarray(used - size, used));
};

/** Derived once from the same: whoever opens a message asks for the key again. */
export const hkdfSync: typeof product.hkdfSync = (digest, key, salt, info, length) => {
  const order = [digest, textOf(key), textOf(salt), textOf(info), length].join('\n');
  const derived = known.get(order) ?? product.hkdfSync(digest, key, salt, info, length);
  if (known.size > most) known.clear();
  known.set(order, derived);
  return derived.slice(0);
};

function textOf(of: unknown): string {
  return of instanceof Uint8Array ? Buffer.from(of).toString('latin1') : String(of);
}

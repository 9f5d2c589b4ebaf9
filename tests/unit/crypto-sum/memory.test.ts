import { expect, test, vi } from 'vitest';

/** node-seal keeps its memory to itself, so its instance is caught while it is made. */
async function sealMemory(load: () => Promise<void>): Promise<WebAssembly.Memory> {
  const memories: WebAssembly.Memory[] = [];
  const { instantiate } = WebAssembly;
  const spy = async (source: BufferSource, imports?: WebAssembly.Imports) => {
    const made = await instantiate(source, imports);
    const exported = Object.values(made.instance.exports);
    memories.push(...exported.filter((item) => item instanceof WebAssembly.Memory));
    return made;
  };
  WebAssembly.instantiate = spy as typeof instantiate;
  await load();
  WebAssembly.instantiate = instantiate;
  const [memory] = memories;
  if (memory === undefined) throw new Error('node-seal exported no memory');
  return memory;
}

test('every WASM object is deleted: thousands of operations do not grow SEAL’s memory', async () => {
  // Another test file of this process may have loaded SEAL already, unseen.
  vi.resetModules();
  const he = await import('../../../crypto/he/index.js');
  const { BlockAdder } = await import('../../../crypto/he/public.js');
  let key = new Uint8Array(0);
  const memory = await sealMemory(async () => {
    key = Uint8Array.from((await he.makeSecretKey('narrow')).reveal());
  });
  const values = new Float64Array(2048).fill(3);
  const opened = new Float64Array(2048);
  const work = async (times: number) => {
    for (let k = 0; k < times; k++) {
      const cipher = await he.BlockCipher.open('narrow', key);
      const adder = await BlockAdder.open('narrow');
      for (let i = 0; i < 5; i++) adder.add(cipher.encrypt(values, 2048), 2048);
      expect(() => adder.add(new Uint8Array(3), 2048)).toThrow();
      const sum = adder.take(2048);
      cipher.decrypt(sum, 2048, opened);
      expect(() => cipher.decrypt(sum.fill(255), 2048, opened)).toThrow();
      cipher.close();
      adder.close();
      if (k % 50 === 0) await he.makeSecretKey('narrow');
    }
  };
  await work(60);
  const before = memory.buffer.byteLength;
  expect(before).toBeGreaterThan(0);
  // 300 rounds would leak at least 300 · 16 kB if one polynomial a round were kept.
  await work(300);
  expect(memory.buffer.byteLength).toBe(before);
});

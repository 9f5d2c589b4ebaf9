import { randomFillSync } from 'node:crypto';

/** So many values −1, 0, 1, uniform, fresh from the operating system: five from each random byte below 3^5. */
export function drawTernary(count: number): Int32Array {
  const values = new Int32Array(count);
  const bytes = new Uint8Array(512);
  for (let at = 0; at < count; ) {
    randomFillSync(bytes);
    for (const byte of bytes) {
      if (byte >= 243) continue;
      for (let k = 0, rest = byte; k < 5 && at < count; k++) {
        const above = Math.trunc(rest / 3);
        values[at++] = rest - 3 * above - 1;
        rest = above;
      }
    }
  }
  bytes.fill(0);
  return values;
}

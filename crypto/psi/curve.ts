import sodium from 'sodium-native';
import { CodedError } from '../../contract/core.js';

export const POINT_BYTES = 32;

/** p = 2^255 - 19, little-endian: 0xed, 0xff x 30, 0x7f. */
const P_LOW = 0xed;
const P_HIGH = 0x7f;

/**
 * Values below p whose points have order 1, 2, 4 or 8, on the curve or its twist (Bernstein, "Curve25519", cr.yp.to/ecdh.html,
 * lists twelve; the other seven are p or more, or these plus p). Every X25519 scalar takes them to zero.
 */
const smallOrder: readonly Uint8Array[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));

/**
 * Refuses foreign points that are no canonical value below p (libsodium would take them: one point in several
 * encodings) or of small order: their product is zero under every scalar, so their sender would know a
 * second-stage value without the help of this side.
 * @param points n x 32 bytes. @param first number of the first one, for the error.
 * @throws {CodedError} PSI_POINT_INVALID.
 */
export function checkPoints(points: Uint8Array, first = 0): void {
  for (let at = 0; at < points.length; at += POINT_BYTES) {
    const problem = problemOf(points, at);
    if (problem !== undefined) {
      const number = first + at / POINT_BYTES + 1;
      throw new CodedError('PSI_POINT_INVALID', `blinded id ${number} of the peer ${problem}`);
    }
  }
}

/**
 * scalar · point for each point: X25519 of RFC 7748, §5, cut to the last `width` bytes, the end that the interconnection suite
 * keeps (bit 255 of it is always zero). Bit 255 of a point is ignored and a value in [p, 2^255) stands for itself
 * minus p, which concerns own digests only: foreign points are checked first.
 * @param scalar 32 bytes, clamped here. @param points n x 32 bytes. @returns n x width bytes.
 * @throws {CodedError} PSI_POINT_INVALID for a point of small order, whatever was checked before.
 */
export function raisePoints(
  scalar: Uint8Array,
  points: Uint8Array,
  width = POINT_BYTES,
): Uint8Array<ArrayBuffer> {
  if (scalar.length !== POINT_BYTES || points.length % POINT_BYTES !== 0) {
    throw new CodedError('INTERNAL', `${scalar.length} bytes of scalar, ${points.length} of points`);
  }
  const count = points.length / POINT_BYTES;
  const raised = new Uint8Array(count * width);
  // One pair of buffers for all points: the native call takes whole views, and two new ones per point cost a tenth more time.
  const point = new Uint8Array(POINT_BYTES);
  const result = new Uint8Array(POINT_BYTES);
  const skipped = POINT_BYTES - width;
  for (let k = 0; k < count; k++) {
    for (let j = 0; j < POINT_BYTES; j++) point[j] = points[k * POINT_BYTES + j] as number;
    try {
      sodium.crypto_scalarmult(result, scalar, point);
    } catch (cause) {
      throw new CodedError('PSI_POINT_INVALID', `point ${k + 1} of a batch has small order`, { cause });
    }
    for (let j = 0; j < width; j++) raised[k * width + j] = result[skipped + j] as number;
  }
  return raised;
}

function problemOf(points: Uint8Array, at: number): string | undefined {
  const high = points[at + POINT_BYTES - 1] as number;
  if (high > P_HIGH || (high === P_HIGH && isAboveP(points, at))) return 'is not below 2^255 - 19';
  // Few points share their first byte with a listed value; the others cost five comparisons.
  const low = points[at] as number;
  for (const listed of smallOrder) {
    if (listed[0] === low && equalAt(points, at, listed)) return 'has small order';
  }
  return undefined;
}

/** Given that the top byte is 0x7f: at least p when the middle is all ones and the low byte >= 0xed. */
function isAboveP(points: Uint8Array, at: number): boolean {
  for (let k = 1; k < POINT_BYTES - 1; k++) if (points[at + k] !== 0xff) return false;
  return (points[at] as number) >= P_LOW;
}

function equalAt(points: Uint8Array, at: number, other: Uint8Array): boolean {
  for (let k = 0; k < POINT_BYTES; k++) if (points[at + k] !== other[k]) return false;
  return true;
}

import { CodedError, type Secret } from '../../contract/core.js';
import type { ParameterSet } from '../he/index.js';
import { malformed } from './malformed.js';
import { type ProductShape, parametersOf, residueBytes, shapeBytes, wantedCoefficients } from './shape.js';

/** Residues mod t as whole little-endian bytes, a fixed number each: what the key holder opens, and offsets of masks. */
export function packResidues(set: ParameterSet, residues: Float64Array): Uint8Array {
  const width = residueBytes(set);
  const bytes = new Uint8Array(width * residues.length);
  residues.forEach((residue, k) => {
    for (let b = 0, rest = residue; b < width; b++, rest = Math.floor(rest / 256)) {
      bytes[k * width + b] = rest % 256;
    }
  });
  return bytes;
}

/** @throws {CodedError} CIPHERTEXT_MALFORMED when the bytes (attacker-controlled) are not exactly the residues of the shape. */
export function unpackResidues(shape: ProductShape, bytes: Uint8Array): Float64Array {
  const set = parametersOf(shape);
  if (bytes.length !== shapeBytes(shape).opened) {
    throw malformed('another number of coefficients is opened than the product wants');
  }
  const width = residueBytes(set);
  const residues = new Float64Array(wantedCoefficients(shape));
  for (let k = 0; k < residues.length; k++) {
    let residue = 0;
    for (let b = width - 1; b >= 0; b--) residue = residue * 256 + (bytes[k * width + b] as number);
    if (residue >= set.plainModulus) throw malformed('a residue is not below its modulus');
    residues[k] = residue;
  }
  return residues;
}

/**
 * opened − offsets, centred: the signed sums.
 * @throws {CodedError} CIPHERTEXT_MALFORMED when one is larger than any product of the shape.
 */
export function difference(shape: ProductShape, opened: Float64Array, offsets: Float64Array): Float64Array {
  const t = parametersOf(shape).plainModulus;
  // One unit more for the rounding of mask and result apart.
  const largest = shape.rows * shape.maxAbsVector * shape.maxAbsMatrix + 1;
  return opened.map((residue, k) => {
    let value = residue - (offsets[k] as number);
    if (value > (t - 1) / 2) value -= t;
    else if (value < -(t - 1) / 2) value += t;
    if (Math.abs(value) > largest) {
      throw malformed('a sum is beyond the range of the product');
    }
    return value;
  });
}

/** Masks in the form that is kept: 32-bit little-endian residues, per output prime after prime. */
export function masksAsWords(shape: ProductShape, masks: Secret): Uint32Array {
  const bytes = masks.reveal();
  if (bytes.length !== shapeBytes(shape).masks) {
    throw new CodedError('INTERNAL', 'these masks belong to another product');
  }
  // A copy, because kept bytes may start anywhere in their buffer.
  return new Uint32Array(new Uint8Array(bytes).buffer);
}

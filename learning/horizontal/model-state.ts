import { z } from 'zod';
import { CodedError, canonicalJson, limits } from '../../contract/core.js';

/** The joint model after a round, with what the server optimiser carries on to the next. */
export interface ModelState {
  /** Update sums applied so far; 0 is the model a job starts from. */
  readonly round: number;
  readonly weights: Float32Array;
  /** FedAdam only. */
  readonly server?: { readonly mean: Float64Array; readonly square: Float64Array };
}

const format = 'fedrisk/v1/model-state';
const headerShape = z.strictObject({
  format: z.literal(format),
  round: z.int().min(0).max(limits.rounds),
  weights: z.int().min(1).max(limits.modelParameters),
  server: z.enum(['none', 'adam']),
});

/**
 * Canonical bytes, for checkpoints and fingerprints: length of the header (uint32), header as canonical
 * JSON, weights as float32, then the server optimiser's mean and square as float64; all little-endian.
 */
export function serializeModelState(state: ModelState): Uint8Array {
  const header = Buffer.from(
    canonicalJson({
      format,
      round: state.round,
      weights: state.weights.length,
      server: state.server ? 'adam' : 'none',
    }),
  );
  const count = state.weights.length;
  const bytes = new Uint8Array(bytesOf(header.length, count, state.server !== undefined));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, header.length, true);
  bytes.set(header, 4);
  let at = 4 + header.length;
  for (const weight of state.weights) {
    view.setFloat32(at, weight, true);
    at += 4;
  }
  for (const values of state.server ? [state.server.mean, state.server.square] : []) {
    for (const value of values) {
      view.setFloat64(at, value, true);
      at += 8;
    }
  }
  return bytes;
}

/** Throws MODEL_INVALID unless the bytes are exactly what `serializeModelState` writes. */
export function deserializeModelState(bytes: Uint8Array): ModelState {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = bytes.length >= 4 ? view.getUint32(0, true) : 0;
  const header = parseHeader(bytes.subarray(4, 4 + headerBytes));
  const count = header.weights;
  const withServer = header.server === 'adam';
  if (bytes.length !== bytesOf(headerBytes, count, withServer)) throw malformed('it has another length');
  let at = 4 + headerBytes;
  const weights = Float32Array.from({ length: count }, (_, index) => view.getFloat32(at + 4 * index, true));
  at += 4 * count;
  const doubles = (start: number) =>
    Float64Array.from({ length: count }, (_, index) => view.getFloat64(start + 8 * index, true));
  const state: ModelState = {
    round: header.round,
    weights,
    ...(withServer ? { server: { mean: doubles(at), square: doubles(at + 8 * count) } } : {}),
  };
  const finite = [weights, state.server?.mean ?? [], state.server?.square ?? []].every((values) =>
    values.every(Number.isFinite),
  );
  if (!finite) throw malformed('a weight is NaN or infinite');
  return state;
}

function bytesOf(headerBytes: number, count: number, withServer: boolean): number {
  return 4 + headerBytes + count * (withServer ? 4 + 16 : 4);
}

function parseHeader(bytes: Uint8Array): z.infer<typeof headerShape> {
  try {
    const text = Buffer.from(bytes).toString('utf8');
    const header = headerShape.parse(JSON.parse(text));
    if (canonicalJson(header) !== text) throw malformed('its header is not canonical');
    return header;
  } catch (thrown) {
    throw thrown instanceof CodedError ? thrown : malformed('its header cannot be read');
  }
}

function malformed(reason: string): CodedError<'MODEL_INVALID'> {
  return new CodedError('MODEL_INVALID', `these bytes are not a model state: ${reason}`);
}

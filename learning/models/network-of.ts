import { CodedError } from '../../contract/core.js';
import { type ModelSpec, type Network, NetworkBuilder } from './network.js';
import { networkOfTopology } from './topology.js';

/**
 * The network of a job's model on `width` encoded columns.
 * Throws MODEL_INVALID, naming the layer, when this package does not run the topology.
 */
export function networkOf(model: ModelSpec, width: number): Network {
  if (model.kind === 'trees') throw new CodedError('MODEL_INVALID', 'trees are no network');
  if (model.kind === 'layers') return networkOfTopology(model.topology, width);
  const builder = new NetworkBuilder();
  const input = builder.input('input', width);
  const output = { units: 1, activation: 'sigmoid', bias: true } as const;
  if (model.kind === 'logistic') {
    // The loss is convex: random weights would only have to be unlearnt.
    builder.dense('output', input, { ...output, start: 'zeros' });
    return builder.finish();
  }
  const { activation } = model;
  const last = model.hidden.reduce(
    (from, units, index) => builder.dense(`hidden-${index + 1}`, from, { units, activation, bias: true }),
    input,
  );
  builder.dense('output', last, output);
  return builder.finish();
}

/** Length of the weight vector of a model on `width` encoded columns. */
export function countParameters(model: ModelSpec, width: number): number {
  return networkOf(model, width).size;
}

import { z } from 'zod';
import { activations, invalidModel, type Network, NetworkBuilder } from './network.js';

/**
 * Reads a tfjs (Keras) LayersModel topology. It is a stranger's JSON, so it is never handed to tfjs:
 * layers on the list below become nodes of our own, all others are refused.
 */
export function networkOfTopology(topology: unknown, width: number): Network {
  const model = parse(modelShape, topology, 'topology');
  const { class_name: kind, config } = 'model_config' in model ? model.model_config : model;
  const layers = kind === 'Sequential' ? chained(config) : parse(graphShape, config, 'config').layers;
  if (layers.length > maximumLayers) throw invalidModel('layers', `more than ${maximumLayers} layers`);

  const builder = new NetworkBuilder();
  const indexOf = new Map<string, number>();
  for (const layer of layers) {
    if (indexOf.has(layer.name)) throw invalidModel(layer.name, 'the name is used twice');
    const inputs = layer.inputs.map((name) => {
      const index = indexOf.get(name);
      if (index === undefined) throw invalidModel(layer.name, `its input ${name} does not come before it`);
      return index;
    });
    indexOf.set(layer.name, addLayer(builder, layer, inputs, width));
  }
  if (kind !== 'Sequential') checkEnds(config, layers);
  return builder.finish();
}

interface Layer {
  readonly name: string;
  readonly kind: string;
  readonly config: unknown;
  readonly inputs: readonly string[];
}

const maximumLayers = 200;
const name = z.string().min(1).max(100);

const modelBody = z.object({
  class_name: z.enum(['Sequential', 'Model', 'Functional']),
  config: z.unknown(),
});
const modelShape = z.union([z.object({ model_config: modelBody }), modelBody]);

/** A sequential config is { layers } or, in old files, the list itself. */
const sequentialLayers = z.array(z.object({ class_name: z.string().max(100), config: z.unknown() })).min(1);
const sequentialShape = z.union([
  z.object({ layers: sequentialLayers }).transform((config) => config.layers),
  sequentialLayers,
]);

/** [layer, node, tensor, call arguments]: shared layers (node > 0) are not run. */
const connection = z.union([
  z.tuple([name, z.literal(0), z.literal(0)]),
  z.tuple([name, z.literal(0), z.literal(0), z.object({})]),
]);
const graphShape = z.object({
  layers: z
    .array(
      z
        .object({
          name,
          class_name: z.string().max(100),
          config: z.unknown(),
          inbound_nodes: z.array(z.array(connection).min(1)).max(1, 'a shared layer is not run'),
        })
        .transform(
          (layer): Layer => ({
            name: layer.name,
            kind: layer.class_name,
            config: layer.config,
            inputs: (layer.inbound_nodes[0] ?? []).map(([from]) => from),
          }),
        ),
    )
    .min(1),
});
const endsShape = z.object({
  input_layers: z.array(z.tuple([name, z.literal(0), z.literal(0)])).length(1, 'must be one input'),
  output_layers: z.array(z.tuple([name, z.literal(0), z.literal(0)])).length(1, 'must be one output'),
});

/** A Sequential as a graph: an input layer, then each layer on the one before. */
function chained(config: unknown): Layer[] {
  const given = parse(sequentialShape, config, 'config');
  const named = given.map((layer, index) => ({
    name:
      parse(z.object({ name: name.optional() }), layer.config, `number ${index + 1}`).name ?? `#${index + 1}`,
    kind: layer.class_name,
    config: layer.config,
  }));
  const withInput =
    named[0]!.kind === 'InputLayer'
      ? named
      : [{ name: 'input of the first layer', kind: 'InputLayer', config: named[0]!.config }, ...named];
  return withInput.map((layer, index) => ({
    ...layer,
    inputs: index === 0 ? [] : [withInput[index - 1]!.name],
  }));
}

function checkEnds(config: unknown, layers: readonly Layer[]): void {
  const { input_layers: inputs, output_layers: outputs } = parse(endsShape, config, 'config');
  if (inputs[0]![0] !== layers[0]!.name)
    throw invalidModel(inputs[0]![0], 'the input must be the first layer');
  if (outputs[0]![0] !== layers.at(-1)!.name) {
    throw invalidModel(outputs[0]![0], 'the output must be the last layer');
  }
}

const units = z.int().min(1).max(65_536);
const absent = z.null().optional();
const activation = z.enum(activations);
const inputShape = z
  .object({ batch_input_shape: z.tuple([z.null(), z.int().nullable()]) })
  .or(z.object({ batch_shape: z.tuple([z.null(), z.int().nullable()]) }));
/** Regularisers and constraints would be dropped without a word otherwise; L2 is training.l2 of the job. */
const denseConfig = z.object({
  units,
  activation: activation.default('linear'),
  use_bias: z.boolean().default(true),
  kernel_regularizer: absent,
  bias_regularizer: absent,
  activity_regularizer: absent,
  kernel_constraint: absent,
  bias_constraint: absent,
  trainable: z.literal(true).optional(),
});
const layerNormalizationConfig = z.object({
  axis: z.union([z.literal(-1), z.literal(1), z.tuple([z.union([z.literal(-1), z.literal(1)])])]).default(-1),
  epsilon: z.number().min(1e-9).max(1).default(1e-3),
  center: z.boolean().default(true),
  scale: z.boolean().default(true),
  beta_regularizer: absent,
  gamma_regularizer: absent,
  trainable: z.literal(true).optional(),
});
const dropoutConfig = z.object({ rate: z.number().min(0).max(0.95), noise_shape: absent });
const concatenateConfig = z.object({ axis: z.union([z.literal(-1), z.literal(1)]).default(-1) });

const mergeKinds: Readonly<Record<string, 'add' | 'multiply' | 'average'>> = {
  Add: 'add',
  Multiply: 'multiply',
  Average: 'average',
};
const refusals: Readonly<Record<string, string>> = {
  BatchNormalization:
    'BatchNormalization is not run: its moving statistics would leave the participants outside the secure sum; use LayerNormalization',
};

function addLayer(builder: NetworkBuilder, layer: Layer, inputs: readonly number[], width: number): number {
  const from = inputs[0];
  if (layer.kind === 'InputLayer') {
    const shape = parse(inputShape.or(z.object({})), layer.config, layer.name);
    const given =
      'batch_input_shape' in shape
        ? shape.batch_input_shape[1]
        : 'batch_shape' in shape
          ? shape.batch_shape[1]
          : null;
    if (given !== null && given !== width) {
      throw invalidModel(layer.name, `takes ${given} columns, the encoded features are ${width}; use null`);
    }
    if (from !== undefined || builder.hasNodes)
      throw invalidModel(layer.name, 'there is one input, the first layer');
    return builder.input(layer.name, width);
  }
  if (from === undefined) throw invalidModel(layer.name, 'has no input');
  const merge = mergeKinds[layer.kind];
  if (merge || layer.kind === 'Concatenate') {
    if (inputs.length < 2) throw invalidModel(layer.name, 'merges fewer than two inputs');
    if (!merge) parse(concatenateConfig, layer.config, layer.name);
    return builder.merge(layer.name, merge ?? 'concatenate', inputs);
  }
  if (inputs.length > 1) throw invalidModel(layer.name, 'takes one input');
  switch (layer.kind) {
    case 'Dense': {
      const { units, activation, use_bias: bias } = parse(denseConfig, layer.config, layer.name);
      return builder.dense(layer.name, from, { units, activation, bias });
    }
    case 'Activation':
      return builder.activation(
        layer.name,
        from,
        parse(z.object({ activation }), layer.config, layer.name).activation,
      );
    case 'Dropout':
      return builder.dropout(layer.name, from, parse(dropoutConfig, layer.config, layer.name).rate);
    case 'LayerNormalization':
      return builder.layerNormalization(
        layer.name,
        from,
        parse(layerNormalizationConfig, layer.config, layer.name),
      );
    default:
      throw invalidModel(layer.name, refusals[layer.kind] ?? `layer class ${layer.kind} is not run`);
  }
}

function parse<T>(shape: z.ZodType<T>, value: unknown, layer: string): T {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw invalidModel(layer, `${issue.path.join('.') || 'config'}: ${issue.message}`);
}

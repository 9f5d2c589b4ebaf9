import { CodedError, type HorizontalSpec, limits } from '../../contract/core.js';

export const activations = ['linear', 'relu', 'tanh', 'elu', 'selu', 'sigmoid', 'softplus'] as const;
export type Activation = (typeof activations)[number];

/** Where a parameter tensor lies in the flat weight vector, and how it starts. */
export interface Parameter {
  readonly offset: number;
  readonly size: number;
  /** [inputs, outputs] of a kernel, [units] of everything else. */
  readonly shape: readonly [number, number] | readonly [number];
  readonly start: 'glorot' | 'zeros' | 'ones';
}

/** One step of the forward pass on rows x width matrices; `from` are indexes of earlier nodes. */
export type Node = { readonly name: string; readonly width: number; readonly from: readonly number[] } & (
  | { readonly kind: 'input' }
  | {
      readonly kind: 'dense';
      readonly kernel: Parameter;
      readonly bias: Parameter | undefined;
      readonly activation: Activation;
    }
  | { readonly kind: 'activation'; readonly activation: Activation }
  | { readonly kind: 'dropout'; readonly rate: number }
  | {
      readonly kind: 'layer-normalization';
      readonly gamma: Parameter | undefined;
      readonly beta: Parameter | undefined;
      readonly epsilon: number;
    }
  | { readonly kind: 'add' | 'multiply' | 'average' | 'concatenate' }
);

/**
 * A model as this package runs it: nodes in evaluation order. The last node has width 1 and gives the
 * log-odds of "bad"; the sigmoid of the topology is left to the loss and to the scores.
 */
export interface Network {
  readonly nodes: readonly Node[];
  readonly parameters: readonly Parameter[];
  /** Length of the flat weight vector. */
  readonly size: number;
}

/** Lays nodes and their parameters out one after the other. */
export class NetworkBuilder {
  readonly #nodes: Node[] = [];
  readonly #parameters: Parameter[] = [];
  #size = 0;

  input(name: string, width: number): number {
    return this.#add({ kind: 'input', name, width, from: [] });
  }

  dense(
    name: string,
    from: number,
    options: { units: number; activation: Activation; bias: boolean; start?: Parameter['start'] },
  ): number {
    const { units, activation } = options;
    const kernel = this.#parameter(name, [this.widthOf(from), units], options.start ?? 'glorot');
    const bias = options.bias ? this.#parameter(name, [units], 'zeros') : undefined;
    return this.#add({ kind: 'dense', name, width: units, from: [from], kernel, bias, activation });
  }

  layerNormalization(
    name: string,
    from: number,
    options: { center: boolean; scale: boolean; epsilon: number },
  ): number {
    const width = this.widthOf(from);
    const gamma = options.scale ? this.#parameter(name, [width], 'ones') : undefined;
    const beta = options.center ? this.#parameter(name, [width], 'zeros') : undefined;
    const { epsilon } = options;
    return this.#add({ kind: 'layer-normalization', name, width, from: [from], gamma, beta, epsilon });
  }

  activation(name: string, from: number, activation: Activation): number {
    return this.#add({ kind: 'activation', name, width: this.widthOf(from), from: [from], activation });
  }

  dropout(name: string, from: number, rate: number): number {
    return this.#add({ kind: 'dropout', name, width: this.widthOf(from), from: [from], rate });
  }

  merge(name: string, kind: 'add' | 'multiply' | 'average' | 'concatenate', from: readonly number[]): number {
    const widths = from.map((index) => this.widthOf(index));
    const width = kind === 'concatenate' ? widths.reduce((sum, value) => sum + value, 0) : widths[0]!;
    if (kind !== 'concatenate' && widths.some((value) => value !== width)) {
      throw invalidModel(name, `its inputs have different widths ${widths.join(', ')}`);
    }
    return this.#add({ kind, name, width, from });
  }

  get hasNodes(): boolean {
    return this.#nodes.length > 0;
  }

  widthOf(index: number): number {
    return this.#nodes[index]!.width;
  }

  /** Ends the network at its last node, whose sigmoid, as activation or as layer, is taken off. */
  finish(): Network {
    const last = this.#nodes.pop();
    if (last?.width !== 1) throw invalidModel(last?.name ?? 'output', 'the output must be one unit');
    if (last.kind === 'dense' && last.activation === 'sigmoid') {
      this.#nodes.push({ ...last, activation: 'linear' });
    } else if (last.kind !== 'activation' || last.activation !== 'sigmoid') {
      throw invalidModel(last.name, 'the output must be a sigmoid');
    } else if (last.from[0] !== this.#nodes.length - 1) {
      throw invalidModel(last.name, 'a layer stands beside the path to the output');
    }
    return { nodes: this.#nodes, parameters: this.#parameters, size: this.#size };
  }

  #add(node: Node): number {
    this.#nodes.push(node);
    return this.#nodes.length - 1;
  }

  #parameter(layer: string, shape: Parameter['shape'], start: Parameter['start']): Parameter {
    const size = shape[0] * (shape[1] ?? 1);
    const parameter = { offset: this.#size, size, shape, start };
    this.#size += size;
    if (this.#size > limits.modelParameters) {
      throw invalidModel(layer, `more than ${limits.modelParameters} parameters up to here`);
    }
    this.#parameters.push(parameter);
    return parameter;
  }
}

export function invalidModel(layer: string, reason: string): CodedError<'MODEL_INVALID'> {
  return new CodedError('MODEL_INVALID', `model layer ${layer}: ${reason}`);
}

export type ModelSpec = HorizontalSpec['model'];

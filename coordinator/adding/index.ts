export type { Added, Adder, AddingTask, SumShape } from './adder.js';
export { pooledAdder } from './pooled-adder.js';

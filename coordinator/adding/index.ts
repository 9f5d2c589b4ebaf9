export type { Added, Adder, AddingTask, FormTask, SumShape } from './adder.js';
export { pooledAdder } from './pooled-adder.js';

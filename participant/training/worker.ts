import { workerData } from 'node:worker_threads';
import { sealed } from '../privacy/index.js';
import { createTasks } from './tasks.js';

const environment = workerData as Readonly<Record<string, string>>;

/** Entry of the worker thread: everything that leaves it for others is sealed. */
export default createTasks(sealed, (name) => environment[name]);

import { createTasks } from '../participant/training/index.js';
import { plain } from './round-plain.js';

/** The participant's worker of the baseline: everything as in the product but the protection. */
export default createTasks(plain, () => undefined);

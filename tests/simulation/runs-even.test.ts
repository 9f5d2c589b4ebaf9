import './doubles.js';
import { randomRuns } from './random-runs.js';

randomRuns(0);

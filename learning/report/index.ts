export { renderReport } from './render-report.js';
export type { DemoReport, Encryption, JobReport, OwnRows, RoundReport, Scores } from './types.js';

export { renderReport } from './render-report.js';
export type { DemoReport, Encryption, JobReport, OwnRows, RoundReport, Scores } from './types.js';
export type {
  BatchReport,
  FeatureValue,
  JointGain,
  MeasuredModel,
  PartyReport,
  PhaseReport,
  VerticalReport,
} from './vertical-types.js';

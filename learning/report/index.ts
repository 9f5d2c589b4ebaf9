export type { JointReport } from './joint-types.js';
export { renderJointReport } from './render-joint.js';
export { renderReport } from './render-report.js';
export { renderTreesReport } from './render-trees.js';
export type { ImportanceReport, TreeReport, TreesReport } from './trees-types.js';
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

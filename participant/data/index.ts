export { checkDataset, type DatasetReport, type FeatureReport } from './check-dataset.js';
export { type DatasetFile, type FeatureMapping, readDatasetFile } from './dataset-file.js';
export { type DatasetDescription, describeDataset, findDataset, listDatasets } from './dataset-folder.js';
export { datasetDigest, loadTable, trainingRows, type WantedFeatures } from './load-table.js';
export { loadVertical, type VerticalNeeds, type VerticalRows } from './load-vertical.js';
export { preflight, publicly } from './preflight.js';
export { preflightVertical, type VerticalReadiness } from './preflight-vertical.js';
export type { DatasetProblem } from './problems.js';
export type { ReadOptions } from './source.js';

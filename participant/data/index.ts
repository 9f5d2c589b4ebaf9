export { checkDataset, type DatasetReport, type FeatureReport } from './check-dataset.js';
export { type DatasetFile, type FeatureMapping, readDatasetFile } from './dataset-file.js';
export { type DatasetDescription, describeDataset, findDataset, listDatasets } from './dataset-folder.js';
export { datasetDigest, loadTable, trainingRows, type WantedFeatures } from './load-table.js';
export { preflight } from './preflight.js';
export type { DatasetProblem } from './problems.js';
export type { ReadOptions } from './source.js';

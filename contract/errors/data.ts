import type { ErrorArea } from './entry.js';

export const dataErrors = {
  DATASET_UNKNOWN: {
    kind: 'missing',
    meaning: 'The participant has no dataset of this name.',
    action:
      'The participant operator adds a dataset file; fedrisk participant datasets check lists what is there.',
  },
  DATASET_INVALID: {
    kind: 'input',
    meaning:
      'The dataset file has a field that is missing, unknown or out of range; file, line and field are named.',
    action: 'The participant operator corrects the named lines.',
  },
  DATASET_UNREADABLE: {
    kind: 'input',
    meaning: 'The source of the dataset cannot be read: file, query or database.',
    action:
      'The participant operator checks path, query and permissions, then runs fedrisk participant datasets check.',
  },
  DATASET_EMPTY: {
    kind: 'input',
    meaning: 'The dataset has no usable row for this job.',
    action: 'The participant operator checks source, filter and split of the dataset file.',
  },
  DATASET_ONE_CLASS: {
    kind: 'input',
    meaning: 'The label has one class only, so nothing can be learnt or measured.',
    action: 'The participant operator checks label.column and label.bad of the dataset file.',
  },
  DATASET_COLUMN_MISSING: {
    kind: 'input',
    meaning: 'The source lacks a column that the dataset file or the job names.',
    action: 'The participant operator maps the logical feature to a column of the source.',
  },
  DATASET_TYPE: {
    kind: 'input',
    meaning: 'A column holds values of another type than the contract says; column and first row are named.',
    action: 'The participant operator corrects type, missing list or source.',
  },
  DATASET_CONSTANT: {
    kind: 'input',
    meaning: 'No feature of the job varies over the training rows of all participants.',
    action: 'The submitter names features that differ between rows; participants check their mapping.',
  },
  DATASET_TOO_LARGE: {
    kind: 'limit',
    meaning:
      'A participant has more rows than update.rowsCap of the job, so its counts could overflow a sum.',
    action: 'The submitter raises update.rowsCap above the rows of any participant.',
  },
  DATASET_RANGE: {
    kind: 'input',
    meaning:
      'A number lies outside the range that the dataset file declares; column and first row are named.',
    action:
      'The participant operator corrects the source or min and max, or says with outside what such values become.',
  },
  DATASET_DUPLICATE_ID: {
    kind: 'input',
    meaning: 'Two rows of the dataset have the same id; their row numbers are named.',
    action: 'The participant operator makes ids unique: one row per customer or loan.',
  },
} as const satisfies ErrorArea;

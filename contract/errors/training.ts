import type { ErrorArea } from './entry.js';

export const trainingErrors = {
  MODEL_INVALID: {
    kind: 'input',
    meaning: 'The model topology has a layer or option this package does not run, or too many parameters.',
    action: 'The submitter corrects model in the job spec.',
  },
  MODEL_UNKNOWN: {
    kind: 'missing',
    meaning: 'The participant does not hold the model that the job starts from.',
    action: 'The submitter names a finished job in which every participant took part.',
  },
  UPDATE_NOT_FINITE: {
    kind: 'input',
    meaning: 'Local training gave NaN or infinity; nothing was sent.',
    action:
      'The submitter lowers training.learningRate; the named participant looks at its data with fedrisk participant datasets check.',
  },
  TRAINING_FAILED: {
    kind: 'internal',
    meaning: 'Local training stopped with an error.',
    action: 'The named participant looks into its log.',
  },
} as const satisfies ErrorArea;

import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import { CodedError, readYamlFile } from '../../contract/index.js';
import { defaultIdSteps, idSteps } from '../../crypto/psi/index.js';

const text = (max: number) => z.string().min(1).max(max);
const column = text(200);
const cell = z.union([z.string().max(200), z.number()], 'must be text or a number');
const cells = z.array(cell).max(200);
const labelValue = z.union(
  [z.string().max(200), z.number(), z.boolean()],
  'must be text, a number or true/false',
);
const labelValues = z.union(
  [labelValue, z.array(labelValue).min(1).max(200)],
  'must be a value or a list of values',
);

/** A column, or a column and how its text becomes the customer key that peers can match. */
const id = z
  .union(
    [
      column,
      z.strictObject({
        column,
        normalise: z
          .array(z.enum(idSteps))
          .max(10)
          .default([...defaultIdSteps]),
      }),
    ],
    `must be a column, or { column, normalise } with steps of ${idSteps.join(', ')}`,
  )
  .transform((written) =>
    typeof written === 'string' ? { column: written, normalise: [...defaultIdSteps] } : written,
  );

const label = z.strictObject({
  column,
  /** Value or values of a bad row (1, the positive class). */
  bad: labelValues,
  /** Values of a good row; without it every value that is not bad is good. */
  good: labelValues.optional(),
});

const numberFeature = z.strictObject({
  column,
  type: z.literal('number'),
  /** Contract range, both ends included. */
  min: z.number().optional(),
  max: z.number().optional(),
  /** What a value outside the range becomes; refuse: the dataset takes part in no job. */
  outside: z.enum(['refuse', 'missing', 'clip']).default('refuse'),
  missing: cells.default([]),
});

const categoryFeature = z.strictObject({
  column,
  type: z.literal('category'),
  /** Values of the source and the agreed names they stand for. */
  map: z.record(z.string().max(200), text(200)).optional(),
  /** Values that `map` does not name. */
  other: z.enum(['keep', 'missing']).default('keep'),
  missing: cells.default([]),
});

const source = z
  .strictObject({
    /** One file with a header line, also .gz; Parquet and JSON may be patterns: loans-*.parquet. */
    csv: text(1000).optional(),
    parquet: text(1000).optional(),
    json: text(1000).optional(),
    /** A SELECT in the dialect of DuckDB over the tables named under files. */
    sql: text(20_000).optional(),
    postgres: z
      .strictObject({
        /** Environment variable that holds the postgres:// URL; the URL itself never stands in a file. */
        urlEnv: z.string().regex(/^[A-Z_][A-Z0-9_]*$/, 'must be the name of an environment variable'),
        sql: text(20_000),
        timeoutSeconds: z.number().min(1).max(3600).default(300),
      })
      .optional(),
    /** CSV only: one character; a comma when left away, a tabulator for .tsv. */
    delimiter: z.string().length(1).optional(),
    /** CSV only. */
    encoding: z.enum(['utf-8', 'utf-16', 'latin-1']).optional(),
    /** SQL only: table name and the CSV, Parquet or JSON file it stands for. The query sees nothing else. */
    files: z.record(z.string().regex(/^[A-Za-z_]\w{0,62}$/, 'must be a table name'), text(1000)).optional(),
  })
  .superRefine((value, context) => {
    const issue = (message: string) => context.addIssue({ code: 'custom', message });
    const kinds = sourceKinds.filter((kind) => value[kind] !== undefined);
    if (kinds.length !== 1) issue(`must have exactly one of ${sourceKinds.join(', ')}`);
    if (value.csv === undefined && (value.delimiter !== undefined || value.encoding !== undefined)) {
      issue('delimiter and encoding belong to csv');
    }
    if (value.sql === undefined && value.files !== undefined) issue('files belongs to sql');
  });

const sourceKinds = ['csv', 'parquet', 'json', 'sql', 'postgres'] as const;

const datasetFile = z
  .strictObject({
    dataset: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be a dataset name of a-z, 0-9 and -'),
    description: z.string().max(1000).default(''),
    source,
    /**
     * Column that tells rows apart: it orders and splits them, and in vertical jobs names the customer. Normalisation
     * is for vertical jobs alone; the parties agree on steps that make one customer's key the same text everywhere.
     */
    id,
    /** The outcome; a dataset without one brings features to vertical jobs and takes part in nothing else. */
    label: label.optional(),
    /** Held-out rows: by id, or by a column of 0 and 1 (false and true). Without a label nothing is held out. */
    test: z
      .union(
        [
          z.strictObject({ modulo: z.int().min(2).max(1000), equals: z.int().min(0) }),
          z.strictObject({ column }),
        ],
        'must be { modulo, equals } or { column }',
      )
      .default({ modulo: 5, equals: 0 }),
    /**
     * Condition in the dialect of DuckDB over the columns of the source; other rows do not exist.
     * Columns of CSV and PostgreSQL are text: `amount::DOUBLE > 0`.
     */
    where: text(5000).optional(),
    /** Values that mean missing in every feature, besides empty cells and NULL. */
    missing: cells.default([]),
    features: z
      .record(
        z.string().regex(/^[A-Za-z_][A-Za-z0-9_.]{0,63}$/, 'must be a name of letters, digits, _ and .'),
        z.discriminatedUnion('type', [numberFeature, categoryFeature]),
      )
      .refine((value) => Object.keys(value).length >= 1, 'must name at least one feature'),
  })
  .superRefine((file, context) => {
    const issue = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if ('modulo' in file.test && file.test.equals >= file.test.modulo) {
      issue(['test', 'equals'], 'must be less than modulo');
    }
    for (const [name, feature] of Object.entries(file.features)) {
      if (feature.column === file.label?.column) {
        issue(['features', name, 'column'], 'is the label column: the model would see the answer');
      }
      if (feature.column === file.id.column) issue(['features', name, 'column'], 'is the id column');
      if (feature.type === 'number' && (feature.min ?? -Infinity) > (feature.max ?? Infinity)) {
        issue(['features', name, 'min'], 'must not be greater than max');
      }
    }
  });

export type FeatureMapping = z.output<typeof numberFeature> | z.output<typeof categoryFeature>;
export type NumberMapping = z.output<typeof numberFeature>;
export type CategoryMapping = z.output<typeof categoryFeature>;
export type LabelMapping = z.output<typeof label>;
export type Cell = z.output<typeof cell>;
export type LabelValue = z.output<typeof labelValue>;

/** A checked dataset file and where it stands; paths of the source are relative to `folder`. */
export type DatasetFile = z.output<typeof datasetFile> & { readonly path: string; readonly folder: string };

/**
 * @param path a dataset file; its name is the dataset's name and `.yaml`.
 * @throws {CodedError} DATASET_UNKNOWN without such a file, DATASET_INVALID naming file, line and field.
 */
export async function readDatasetFile(path: string): Promise<DatasetFile> {
  const whole = resolve(path);
  let parsed: z.output<typeof datasetFile>;
  try {
    parsed = await readYamlFile(whole, datasetFile, 'DATASET_INVALID');
  } catch (thrown) {
    if (
      thrown instanceof CodedError &&
      (thrown.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
    ) {
      throw new CodedError('DATASET_UNKNOWN', `there is no dataset file ${basename(whole)}`, {
        cause: thrown,
      });
    }
    throw thrown;
  }
  return { ...parsed, path: whole, folder: dirname(whole) };
}

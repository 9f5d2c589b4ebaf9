import { CodedError, hinted, nameList } from '../../contract/index.js';
import type { CategoryColumn, FeatureTable } from '../../learning/index.js';
import type { ModelPart } from '../vertical/model.js';

/** Values by feature name, as the model has them: after the mapping of a dataset file. null: missing. */
export type ApplicantValues = Readonly<Record<string, number | string | null>>;

/**
 * The label holder's features of one applicant as a table of one row.
 * @throws {CodedError} SCHEMA_DRIFT for features that are not those of the model, DATASET_TYPE for values of the other
 * kind; both name features, never values.
 */
export function applicantTable({ features }: ModelPart, values: ApplicantValues): FeatureTable {
  const wanted = Object.keys(features);
  const given = Object.keys(values);
  const absent = wanted.filter((name) => !Object.hasOwn(values, name));
  const foreign = given.filter((name) => !Object.hasOwn(features, name));
  if (absent.length + foreign.length > 0) {
    const hints = foreign.map((name) => hinted(name, absent));
    const parts = [
      absent.length > 0 ? `features lacks ${nameList(absent)}; null says that a value is missing` : '',
      foreign.length > 0 ? `the model has no feature ${nameList(hints)}` : '',
    ];
    throw new CodedError('SCHEMA_DRIFT', parts.filter((part) => part !== '').join('; '));
  }
  const numbers = new Map<string, Float64Array>();
  const categories = new Map<string, CategoryColumn>();
  for (const name of wanted) {
    const value = values[name] ?? null;
    const { kind } = features[name]!;
    if (value !== null && typeof value !== (kind === 'number' ? 'number' : 'string')) {
      throw new CodedError(
        'DATASET_TYPE',
        `features.${name} must be a ${kind === 'number' ? 'number' : 'text'} or null`,
      );
    }
    if (kind === 'number')
      numbers.set(name, Float64Array.of(value === null ? Number.NaN : (value as number)));
    else {
      const level = value as string | null;
      categories.set(name, {
        codes: Int32Array.of(level === null ? -1 : 0),
        levels: level === null ? [] : [level],
      });
    }
  }
  return { rows: 1, numbers, categories };
}

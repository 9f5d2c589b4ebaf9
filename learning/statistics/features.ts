import type { HorizontalSpec } from '../../contract/core.js';

/** Numeric feature names in the order of every statistics vector and encoding: by UTF-16 code unit. */
export function numberFeatures(spec: HorizontalSpec): string[] {
  return featuresOf(spec, 'number');
}

/** Category feature names, same order. */
export function categoryFeatures(spec: HorizontalSpec): string[] {
  return featuresOf(spec, 'category');
}

function featuresOf(spec: HorizontalSpec, kind: 'number' | 'category'): string[] {
  return Object.entries(spec.features)
    .filter(([, type]) => type === kind)
    .map(([name]) => name)
    .sort();
}

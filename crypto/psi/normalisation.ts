/**
 * Steps that make one customer's id read alike at both sides, applied in the declared order. `digits-only` drops all but
 * ASCII digits; put nfkc before it, which turns full-width digits into ASCII. `trim` takes Unicode white space.
 * Case follows Unicode's default mappings, whatever the locale.
 */
export const idSteps = ['nfkc', 'trim', 'lowercase', 'uppercase', 'digits-only'] as const;

export type IdStep = (typeof idSteps)[number];

export const defaultIdSteps: readonly IdStep[] = ['nfkc', 'trim'];

const apply: Readonly<Record<IdStep, (value: string) => string>> = {
  nfkc: (value) => value.normalize('NFKC'),
  trim: (value) => value.trim(),
  lowercase: (value) => value.toLowerCase(),
  uppercase: (value) => value.toUpperCase(),
  'digits-only': (value) => value.replaceAll(/[^0-9]/g, ''),
};

export function normaliseId(value: string, steps: readonly IdStep[] = defaultIdSteps): string {
  let normal = value;
  for (const step of steps) normal = apply[step](normal);
  return normal;
}

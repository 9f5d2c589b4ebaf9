import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyPolicy, explainPolicy, parsePolicy, readPolicy } from '../../../participant/policy/index.js';
import { coordinators, fingerprint, openRule, policyOf } from './requests.js';

const minimal = `coordinators: []
rules:
  - name: ring
    peers: [bank-b]
    datasets: [loans]
    features: "*"
    purposes: [credit-risk]
    algorithms: "*"
    models: [logistic]
    maximumRounds: 10
    release: [auc]
`;

describe('a policy file', () => {
  it('asks for everything that could open a door and is strict by default in the rest', () => {
    expect(parsePolicy(minimal, 'p.yaml').rules[0]).toMatchObject({
      except: [],
      minimumCohort: 3,
      minimumRows: 50,
      minimumIncluded: 0.5,
      minimumColluders: 1,
      warmStart: false,
      approval: 'manual',
    });
  });
  it.each([
    [
      'a missing restriction',
      minimal.replace('    models: [logistic]\n', ''),
      'p.yaml:3: rules[0].models: is missing',
    ],
    [
      'no word on peers',
      minimal.replace('    peers: [bank-b]\n', ''),
      'p.yaml:3: rules[0].peers: is missing: give peers or organisations',
    ],
    [
      'an unknown field',
      minimal.replace('maximumRounds', 'maxRounds'),
      'p.yaml:10: rules[0].maxRounds: unknown field, did you mean maximumRounds?',
    ],
    [
      'an unknown algorithm',
      minimal.replace('algorithms: "*"', 'algorithms: [fedsgd]'),
      'p.yaml:8: rules[0].algorithms[0]: must be fedavg or fedprox or fedadam or boosting',
    ],
    ['an unknown metric', minimal.replace('[auc]', '[auc, rocauc]'), 'p.yaml:11: rules[0].release'],
    [
      'fewer than three contributors',
      `${minimal}    minimumCohort: 2\n`,
      'p.yaml:12: rules[0].minimumCohort: must be at least 3',
    ],
    [
      'a day that is none',
      `${minimal}    expires: 2026-13-01\n`,
      'p.yaml:12: rules[0].expires: must be a day of the calendar: YYYY-MM-DD',
    ],
    [
      'the 30th of February',
      `${minimal}    expires: 2026-02-30\n`,
      'p.yaml:12: rules[0].expires: must be a day of the calendar: YYYY-MM-DD',
    ],
    [
      'a short fingerprint',
      minimal.replace('[]', '[{ name: c, caFingerprint: abcd }]'),
      'p.yaml:1: coordinators[0].caFingerprint: must be a SHA-256 fingerprint: 64 hex digits',
    ],
    [
      'one name for two rules',
      `${minimal}${minimal.slice(minimal.indexOf('  - name'))}`,
      'p.yaml:12: rules[1].name: is the name of an earlier rule',
    ],
  ])('refuses %s', (_, text, problem) => {
    expect(() => parsePolicy(text, 'p.yaml')).toThrowError(
      expect.objectContaining({ code: 'POLICY_INVALID', message: expect.stringContaining(problem) }),
    );
  });
  it('takes fingerprints as tools print them', () => {
    const printed = fingerprint.toUpperCase().replace(/(..)(?=.)/g, '$1:');
    const policy = parsePolicy(
      JSON.stringify({ coordinators: [{ name: 'c', caFingerprint: printed }], rules: [] }),
      'p',
    );
    expect(policy.coordinators[0]!.caFingerprint).toBe(fingerprint);
  });
  it('that is not there allows nothing; one that does not parse is an error', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'policy-'));
    const path = join(folder, 'policy.yaml');
    expect(await readPolicy(path)).toEqual(emptyPolicy);
    await writeFile(path, 'rules: 3');
    await expect(readPolicy(path)).rejects.toMatchObject({ code: 'POLICY_INVALID' });
    await rm(folder, { recursive: true });
  });
});

describe('explainPolicy', () => {
  it('says that nothing is allowed', () => {
    expect(explainPolicy(emptyPolicy)).toEqual(['Every job is refused: no coordinator is listed.']);
    expect(explainPolicy({ ...emptyPolicy, coordinators })).toEqual([
      'Every job is refused: there is no rule.',
    ]);
  });
  it('names every field of a rule', () => {
    const lines = explainPolicy(
      policyOf({
        ...openRule,
        peers: ['bank-b'],
        organisations: ['Org Q'],
        datasets: ['loans'],
        features: ['Age'],
        except: ['Income'],
        purposes: ['credit-risk'],
        algorithms: ['fedavg'],
        models: ['mlp'],
        minimumCohort: 7,
        minimumRows: 77,
        minimumIncluded: 0.875,
        maximumRounds: 99,
        minimumColluders: 2,
        release: ['ks'],
        expires: '2030-01-31',
      }),
    ).join('\n');
    for (const word of [
      'ring',
      'bank-b',
      'Org Q',
      'loans',
      'Age',
      'Income',
      'credit-risk',
      'fedavg',
      'mlp',
      '7',
      '77',
      '0.875',
      '99',
      '2',
      'ks',
      '2030-01-31',
      'by itself',
      'warm start allowed',
    ]) {
      expect(lines).toContain(word);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { explainPolicy, parsePolicy } from '../../../participant/policy/index.js';
import { openRule, openVertical, verticalPolicyOf } from './requests.js';

const minimal = `coordinators: []
vertical:
  - name: pair
    peers: [platform-x]
    datasets: [loans]
    features: "*"
    purposes: [credit-risk]
    types: [training]
    release: [auc, iv]
`;

describe('a policy file with vertical rules', () => {
  it('needs no other rules, and is strict by default', () => {
    expect(parsePolicy(minimal, 'p.yaml')).toEqual({
      coordinators: [],
      rules: [],
      vertical: [
        {
          name: 'pair',
          peers: ['platform-x'],
          datasets: ['loans'],
          features: '*',
          except: [],
          purposes: ['credit-risk'],
          types: ['training'],
          alignment: {
            maximumPeerRows: 10_000_000,
            minimumOwnRows: 100,
            minimumCommonRows: 100,
            sessionsPerMonth: 31,
          },
          labels: { woe: false, fit: false, classFloor: 5, minimumShare: 0.01 },
          scores: { batch: 'none', maximumReleasedShare: 0.5, online: false, onlinePerDay: 10_000 },
          release: ['auc', 'iv'],
          maximumIterations: 10,
          maximumTrees: 100,
          approval: 'manual',
        },
      ],
    });
  });
  it.each([
    [
      'a missing type',
      minimal.replace('    types: [training]\n', ''),
      'p.yaml:3: vertical[0].types: is missing',
    ],
    [
      'a type that is none',
      minimal.replace('[training]', '[clustering]'),
      'p.yaml:8: vertical[0].types[0]: must be binning or boosting or training or scoring',
    ],
    [
      'a field of the other mode',
      `${minimal}    maximumRounds: 3\n`,
      'p.yaml:10: vertical[0].maximumRounds: unknown field',
    ],
    [
      'a misspelt bound',
      `${minimal}    alignment: { minimumCommonRow: 5 }\n`,
      'p.yaml:10: vertical[0].alignment.minimumCommonRow: unknown field, did you mean minimumCommonRows?',
    ],
    [
      'a waiver that says nothing',
      `${minimal}    labels: { woe: true, waiver: " yes      " }\n`,
      'p.yaml:10: vertical[0].labels.waiver: must have at least 10 characters',
    ],
    [
      'no word on peers',
      minimal.replace('    peers: [platform-x]\n', ''),
      'p.yaml:3: vertical[0].peers: is missing: give peers or organisations',
    ],
    [
      'the name of a horizontal rule',
      JSON.stringify({ coordinators: [], rules: [openRule], vertical: [{ ...openVertical, name: 'ring' }] }),
      'p.yaml:1: vertical[0].name: is the name of an earlier rule',
    ],
  ])('refuses %s', (_, text, problem) => {
    expect(() => parsePolicy(text, 'p.yaml')).toThrowError(
      expect.objectContaining({ code: 'POLICY_INVALID', message: expect.stringContaining(problem) }),
    );
  });
});

describe('explainPolicy', () => {
  const full = {
    ...openVertical,
    name: 'bureau',
    peers: ['platform-q'],
    organisations: ['Org Q'],
    datasets: ['loans'],
    features: ['Age'],
    except: ['Income'],
    purposes: ['credit-risk'],
    types: ['binning'],
    alignment: { maximumPeerRows: 111, minimumOwnRows: 222, minimumCommonRows: 333, sessionsPerMonth: 44 },
    labels: { woe: true, fit: true, waiver: 'J. Doe, CRO: audited pilot' },
    scores: { batch: 'holdout', online: true, onlinePerDay: 555 },
    release: ['iv'],
    maximumIterations: 17,
    expires: '2030-01-31',
  };
  const lines = (rule: object) => explainPolicy(verticalPolicyOf(rule)).join('\n');
  it.each([
    ...['bureau', 'platform-q', 'anyone of Org Q', 'loans: Age except Income', 'credit-risk', 'binning;'],
    ...['up to 111', '222 rows', '333 common', '44 times', 'J. Doe', 'LIFTED', '555 single scores'],
    ...['held-out', 'iv', '17 iterations', 'until 2030-01-31', 'by itself'],
  ])('says "%s"', (word) => {
    expect(lines(full)).toContain(word);
  });
  it('says what stays shut', () => {
    const shut = lines({ ...openVertical, labels: {}, scores: {}, approval: 'manual' });
    expect(shut).toContain(
      'the WOE of bins stays here; labels steer no weight elsewhere; bins of at least 5 bad and good rows and 0.01 of all; the label budget holds',
    );
    expect(shut).toContain('no score part leaves in a job; no single score is answered');
    expect(shut).toContain('when a person agrees');
  });
});

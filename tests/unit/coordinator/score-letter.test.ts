import { describe, expect, it } from 'vitest';
import { letterFromText } from '../../../coordinator/rpc/score-letter.js';

describe('a letter between replicas', () => {
  it('that somebody else wrote into the database is no letter, and stops nobody', () => {
    for (const text of ['', '{', 'null', '[]', '"question"', '{"kind":"question"}', '{"kind":"other"}']) {
      expect(letterFromText(text)).toBeUndefined();
    }
  });
});

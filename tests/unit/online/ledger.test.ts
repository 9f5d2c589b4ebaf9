import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ParticipantName } from '../../../contract/index.js';
import { ScoreLedger } from '../../../participant/journal/index.js';

const dayMs = 86_400_000;
const noon = Date.parse('2026-06-01T12:00:00Z');
const peer = 'bank-a' as ParticipantName;
const other = 'bank-b' as ParticipantName;

let folder: string;
let db: Database.Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedrisk-scores-'));
  db = new Database(join(folder, 'scores.sqlite'));
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const id = (number: number) => number.toString(16).padStart(32, '0');

describe('the ledger of score questions', () => {
  it('admits each id once and no more than the day allows, whatever the order', () => {
    let days = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(8), fc.constantFrom(peer, other)), { maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        (asked, perDay) => {
          const ledger = new ScoreLedger(db);
          // A day of its own each time: far enough apart that no id of the last is remembered by a model of plain sets.
          const atMs = noon + ++days * dayMs;
          const seen = new Map<string, Set<number>>([
            [peer, new Set()],
            [other, new Set()],
          ]);
          for (const [number, from] of asked) {
            const known = seen.get(from)!;
            const expected = known.has(number) ? 'repeated' : known.size >= perDay ? 'exhausted' : 'admitted';
            const requestId = id(days * 100 + number);
            expect(ledger.admit({ peer: from, requestId, atMs, perDay })).toBe(expected);
            if (expected === 'admitted') known.add(number);
          }
          for (const [name, known] of seen) {
            expect(ledger.asked(name as ParticipantName, atMs)).toBe(known.size);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('counts by the day of UTC', () => {
    const ledger = new ScoreLedger(db);
    const midnight = Date.parse('2026-06-02T00:00:00Z');
    const admit = (number: number, atMs: number) =>
      ledger.admit({ peer, requestId: id(number), atMs, perDay: 1 });
    expect(admit(1, midnight - 1)).toBe('admitted');
    expect(admit(2, midnight - 1)).toBe('exhausted');
    expect(admit(3, midnight)).toBe('admitted');
  });

  it('forgets ids that are too old to be asked again, and only those', () => {
    const keepMs = 1000;
    const old = new ScoreLedger(db, keepMs);
    old.admit({ peer, requestId: id(1), atMs: noon, perDay: 10 });
    old.admit({ peer, requestId: id(2), atMs: noon + 900, perDay: 10 });
    // A fresh one sweeps at its first question.
    const ledger = new ScoreLedger(db, keepMs);
    ledger.admit({ peer, requestId: id(3), atMs: noon + 1500, perDay: 10 });
    const kept = db.prepare('select request_id from score_request order by at_ms').all();
    expect(kept).toEqual([{ request_id: id(2) }, { request_id: id(3) }]);
  });

  it('leaves the journal synced as it was', () => {
    db.exec('pragma synchronous = full');
    new ScoreLedger(db).admit({ peer, requestId: id(1), atMs: noon, perDay: 10 });
    expect(db.pragma('synchronous')).toEqual([{ synchronous: 2 }]);
  });
});

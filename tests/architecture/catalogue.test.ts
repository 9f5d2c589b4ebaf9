import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorCatalogue, isErrorCode } from '../../contract/index.js';
import { readDocuments } from './documents.js';
import { readSources, withoutComments } from './sources.js';

const areaFiles = readdirSync('contract/errors').filter((name) => !['index.ts', 'entry.ts'].includes(name));

/** Codes as the area files write them, duplicates included: spreading them would hide a second entry. */
const written = areaFiles.flatMap((name) =>
  [...readFileSync(join('contract/errors', name), 'utf8').matchAll(/^ {2}([A-Z][A-Z0-9_]*): \{/gm)].map(
    (m) => m[1]!,
  ),
);

const documents = readDocuments(process.cwd());

/** Upper-case words with an underscore in code marks: error codes and environment variables. */
function mentioned(text: string): string[] {
  return [...text.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)]
    .map((m) => m[1]!)
    .filter((word) => !/^(FEDRISK|OTEL)_/.test(word));
}

describe('error catalogue', () => {
  it('has every code once', () => {
    expect(written.length).toBeGreaterThan(40);
    expect([...written].sort()).toEqual(Object.keys(errorCatalogue).sort());
  });

  it('says in sentences what happened and who must do what', () => {
    for (const [code, { meaning, action }] of Object.entries(errorCatalogue)) {
      expect(meaning, code).toMatch(/^[A-Z].{15,}\.$/s);
      expect(action, code).toMatch(/^[A-Z].{10,}\.$/s);
    }
  });

  it('has every code that a document mentions', () => {
    expect(documents.length).toBeGreaterThan(5);
    for (const { path, text } of documents) {
      const unknown = mentioned(text).filter((word) => !isErrorCode(word));
      expect(unknown, path).toEqual([]);
    }
    expect(mentioned('`ROSTER_MISMATCH` and `FEDRISK_HOME` and ROSTER')).toEqual(['ROSTER_MISMATCH']);
  });

  it('has no code that nothing raises', () => {
    const code = readSources(process.cwd(), [
      'crypto',
      'learning',
      'observe',
      'coordinator',
      'participant',
      'cli',
      'contract',
    ])
      .filter(({ path }) => !areaFiles.some((name) => path === `contract/errors/${name}`))
      .map(({ text }) => withoutComments(text))
      .join('\n');
    const idle = written.filter((word) => !new RegExp(`['"\`]${word}['"\`]`).test(code));
    expect(idle).toEqual([]);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verticalSpec } from '../../contract/vertical-spec.js';
import { readDocuments } from './documents.js';

const root = process.cwd();
const documents = readDocuments(root);
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const withoutCode = (page: string) => page.replaceAll(/```[\s\S]*?```/g, '').replaceAll(/`[^`\n]*`/g, '');

/** As GitHub makes them: lower case, letters, digits, _ and - kept, blanks to -. */
function anchorsOf(page: string): string[] {
  return [...page.replaceAll(/```[\s\S]*?```/g, '').matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** What a link within the repository lacks, or ''. */
function brokenLink(from: string, target: string): string {
  const [path, anchor] = target.split('#');
  const file = path === '' ? from : normalize(join(dirname(from), path!));
  if (!existsSync(join(root, file))) return `${from}: ${target}: no such file`;
  if (anchor === undefined || !file.endsWith('.md')) return '';
  return anchorsOf(text(file)).includes(anchor) ? '' : `${from}: ${target}: no such heading`;
}

describe('pages', () => {
  it('link to what exists', () => {
    const links = documents.flatMap(({ path, text: page }) =>
      [...withoutCode(page).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target]) => target!)
        .filter((target) => !/^[a-z]+:/.test(target))
        .map((target) => ({ path, target })),
    );
    expect(links.length).toBeGreaterThan(50);
    expect(links.map(({ path, target }) => brokenLink(path, target)).filter((fault) => fault !== '')).toEqual(
      [],
    );
    expect(brokenLink('README.md', 'docs/nowhere.md')).not.toBe('');
    expect(brokenLink('README.md', '#nowhere')).not.toBe('');
  });

  it('show the same commands and output in both languages', () => {
    const blocks = (page: string) => page.match(/```[a-z]*\n[\s\S]*?```/g) ?? [];
    expect(blocks(text('README.zh-CN.md'))).toEqual(blocks(text('README.md')));
  });
});

describe.each(['README.md', 'README.zh-CN.md'])('fields of vertical jobs in %s', (page) => {
  const row = new Map(
    text(page)
      .split('\n')
      .flatMap((line) => {
        const cells = line.split('|').map((cell) => cell.trim());
        return cells.length === 7 ? [[cells[1]!.replaceAll('`', ''), cells] as const] : [];
      }),
  );
  const party = { dataset: 'd', features: { f: 'number' } };
  const spec = verticalSpec.parse({
    ...{ name: 'job', mode: 'vertical', type: 'training', purpose: 'credit-risk', labelHolder: 'bank-a' },
    ...{ parties: { 'bank-a': party, 'platform-x': party }, nonce: '0'.repeat(64) },
  });
  const defaults = Object.entries(spec).flatMap(([group, value]) =>
    ['alignment', 'binning', 'training', 'scores'].includes(group)
      ? Object.entries(value).map(([name, of]) => [`${group}.${name}`, String(of)] as const)
      : [],
  );

  it.each(defaults)('%s has default %s', (field, value) => {
    expect(row.get(field)?.at(-2)?.replaceAll('`', '')).toBe(value);
  });

  it('numbers of scaling and deadlines, and what is released', () => {
    if (spec.type !== 'training') throw new Error('no training job');
    const cell = (field: string) =>
      row
        .get(field)
        ?.at(-2)
        ?.match(/[A-Za-z]+|\d+/g);
    expect(cell('scaling')).toEqual(Object.values(spec.scaling).map(String));
    expect(cell('deadlines')).toEqual(Object.values(spec.deadlines).map(String));
    expect(cell('release')).toEqual(spec.release);
  });
});

import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderReport } from '../../../learning/report/index.js';
import { sampleJob, sampleReport } from './sample.js';

const voids = new Set(['meta', '!doctype']);

/** Tag names and attributes in order; throws when a tag is closed that is not open, or stays open. */
function walk(page: string): { tag: string; attributes: string }[] {
  const open: string[] = [];
  const seen: { tag: string; attributes: string }[] = [];
  const withoutStyles = page.replaceAll(/<style\b[^>]*>[\s\S]*?<\/style>/g, '');
  for (const [, close, tag, attributes] of withoutStyles.matchAll(
    /<(\/?)([!a-zA-Z][\w-]*)((?:"[^"]*"|[^">])*)>/g,
  )) {
    const name = tag!.toLowerCase();
    if (close) {
      if (open.pop() !== name) throw new Error(`unexpected </${name}>`);
      continue;
    }
    seen.push({ tag: name, attributes: attributes! });
    if (!voids.has(name) && !attributes!.trimEnd().endsWith('/')) open.push(name);
  }
  if (open.length > 0) throw new Error(`never closed: ${open.join(' ')}`);
  return seen;
}

describe('report page', () => {
  const page = renderReport(sampleReport());

  it('is well nested and accessible', () => {
    const tags = walk(page);
    const of = (name: string) => tags.filter(({ tag }) => tag === name);
    expect(of('html')[0]?.attributes).toContain('lang="en"');
    expect(of('h1')).toHaveLength(1);
    expect(of('title')).toHaveLength(1);
    // Three a horizontal job, five of the vertical one.
    expect(of('svg')).toHaveLength(2 * 3 + 5);
    for (const { attributes } of of('svg')) expect(attributes).toMatch(/role="img" aria-label="[^"]{20,}"/);
    expect(of('caption')).toHaveLength(of('table').length);
    for (const { attributes } of of('th')) expect(attributes).toMatch(/scope="(row|col)"/);
  });

  it('loads nothing and runs nothing', () => {
    expect(page.replaceAll(/xmlns(:xlink)?="http:\/\/www\.w3\.org\/[^"]+"/g, '')).not.toMatch(
      /https?:|<script|<link|<img|<iframe|\bsrc=|\bhref=|url\((?!#)|@import|\bon[a-z]+=/,
    );
  });

  it('keeps ids of its charts apart', () => {
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(page).not.toMatch(/zr\d+-/);
  });

  it('draws the level of the best solo model at its value, not rounded to 2 decimals', () => {
    const job = sampleJob('x', 'mlp', 3);
    const height = (auc: number) => {
      const drawn = renderReport({
        ...sampleReport(),
        jobs: [{ ...job, solo: { 'bank-a': { auc, ks: 0.4 } } }],
      });
      return Number(drawn.match(/<path d="M[\d.]+ ([\d.]+)L[^"]+"[^>]*stroke="var\(--chart-level\)"/)?.[1]);
    };
    expect(height(0.7011)).toBeGreaterThan(height(0.7041));
  });

  it('is the same page for the same report', () => {
    expect(renderReport(sampleReport())).toBe(page);
  });

  it('shows solo and joint scores, parameters, key holders and fingerprints', () => {
    const job = sampleReport().jobs[0]!;
    for (const text of [
      job.joint.auc.toFixed(4),
      ...Object.values(job.solo).map(({ auc }) => auc.toFixed(4)),
      'N = 2048',
      '4294955009',
      'bank-a, bank-b and platform-x',
      job.modelFingerprints['bank-a']!,
      'verified',
    ])
      expect(page).toContain(text);
  });

  it('says so when fingerprints differ', () => {
    const job = sampleJob('x', 'mlp', 2);
    const split = { ...job, modelFingerprints: { ...job.modelFingerprints, 'bank-b': '00'.repeat(32) } };
    expect(renderReport({ ...sampleReport(), jobs: [split] })).toContain('report different models');
    expect(page).not.toContain('report different models');
  });

  it('leaves out the chart of a metric that was not released', () => {
    const job = sampleJob('x', 'mlp', 3);
    const quiet = { ...job, perRound: job.perRound.map((round) => ({ ...round, ks: null })) };
    const tags = walk(renderReport({ ...sampleReport(), vertical: [], jobs: [quiet] }));
    expect(tags.filter(({ tag }) => tag === 'svg')).toHaveLength(2);
  });

  it('escapes whatever names and texts hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const hostile = `${text}</style></svg><script>alert(1)</script>"'&`;
        const job = { ...sampleJob('x', 'mlp', 2), name: hostile, algorithm: hostile };
        const tags = walk(renderReport({ ...sampleReport(), title: hostile, jobs: [job] }));
        expect(tags.map(({ tag }) => tag)).not.toContain('script');
      }),
      { numRuns: 30 },
    );
  });

  it('lets the process end', () => {
    const door = resolve('dist/learning/report/index.js');
    const sample = resolve('dist/tests/unit/report/sample.js');
    const script = `import { renderReport } from ${JSON.stringify(door)}; import { sampleReport } from ${JSON.stringify(sample)}; console.log(renderReport(sampleReport()).length)`;
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(Number(printed)).toBe(page.length);
  });
});

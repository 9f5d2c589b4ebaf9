import { type ErrorCode, type ErrorEntry, errorCatalogue } from '../../contract/index.js';
import { type ExitName, exitCodeOfKind, exitCodes, exitMeanings } from '../exit-codes.js';
import { fields, page, paragraph } from '../text/layout.js';
import type { Palette } from '../text/palette.js';

export interface Explanation extends ErrorEntry {
  readonly code: ErrorCode;
  readonly exitCode: number;
}

export function explanationOf(code: ErrorCode): Explanation {
  const entry = errorCatalogue[code];
  return { code, ...entry, exitCode: exitCodeOfKind(entry.kind) };
}

export function explanationPage(entry: Explanation, palette: Palette): string {
  return fields(
    [
      ['code', entry.code, palette.strong],
      ['meaning', entry.meaning],
      ['what to do', entry.action],
      ['kind', `${entry.kind}: ${exitMeanings[entry.kind]}`],
      ['exit code', String(entry.exitCode)],
    ],
    palette,
  );
}

/** The whole catalogue, grouped by exit code. */
export function cataloguePage(entries: readonly Explanation[], palette: Palette): string {
  const kinds = [...new Set(entries.map(({ kind }) => kind))].sort(
    (a, b) => exitCodeOfKind(a) - exitCodeOfKind(b),
  );
  return page(
    ...kinds.map((kind) =>
      [
        palette.strong(`${kind} (exit ${exitCodeOfKind(kind)}): ${exitMeanings[kind]}`),
        ...entries
          .filter((entry) => entry.kind === kind)
          .map(({ code, meaning }) => `  ${code}\n${paragraph(meaning, 4)}`),
      ].join('\n'),
    ),
  );
}

export function exitCodePage(): string {
  return (Object.keys(exitCodes) as ExitName[])
    .map((name) => `  ${String(exitCodes[name]).padStart(3)}  ${exitMeanings[name]}`)
    .join('\n');
}

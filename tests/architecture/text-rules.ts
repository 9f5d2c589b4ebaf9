import { type Source, withoutComments } from './sources.js';

interface TextRule {
  readonly name: string;
  /** Must not occur. */
  readonly pattern: RegExp;
  /** Files the rule is about. */
  readonly files: RegExp;
  /** The single owners, who may. */
  readonly except?: RegExp;
  /** True when comments count too. */
  readonly comments?: boolean;
}

const product = /^(contract|proto|crypto|learning|observe|coordinator|participant|cli|examples)\//;

export const textRules: readonly TextRule[] = [
  // A clock of their own would make replays differ and tests sleep.
  {
    name: 'one-clock',
    pattern: /\bDate\.now\s*\(|\bnew Date\(\s*\)|\bDate\(\s*\)/,
    files: product,
    except: /^contract\/clock\.ts$/,
  },
  { name: 'no-weak-randomness', pattern: /\bMath\.random\b/, files: product },
  {
    name: 'environment-in-main',
    pattern:
      /\bprocess\s*(\.\s*env\b|\[\s*['"]env['"])|\bfrom\s+'node:process'|\{[^}]*\benv\b[^}]*\}\s*=\s*process\b/,
    files: /^(contract|proto|crypto|learning|observe|coordinator|participant|cli|examples|bench)\//,
    except: /^(coordinator|participant|cli|bench|examples\/[a-z-]+)\/main\.ts$/,
  },
  // What a scanner of imports cannot see must not exist where the trust model rests on it.
  {
    name: 'coordinator-loads-by-name',
    pattern:
      /\bimport\s*\(\s*[^'"\s)]|\brequire\s*\(|\bcreateRequire\b|['"`][^'"`\n]*\/crypto\/(?![^'"`\n]*\.js')/,
    files: /^coordinator\//,
  },
  {
    name: 'nothing-unfinished',
    pattern: /\b(TODO|FIXME|XXX|HACK)\b/,
    files: /^(?!tests\/architecture\/)/,
    comments: true,
  },
  {
    name: 'no-focused-tests',
    pattern: /\b(describe|it|test)\.(only|skip|todo)\b/,
    files: /^tests\//,
    except: /^tests\/architecture\//,
  },
  // Test files share one process and its modules: whatever is replaced there stays so for the files after.
  {
    name: 'nothing-replaced-for-good',
    pattern: /\bvi\.(mock|doMock|stubGlobal|stubEnv|useFakeTimers)\b/,
    files: /^tests\//,
    except: /^tests\/(architecture|simulation)\//,
  },
  // A hook at the top of a shared module belongs to the first file that loads it, and to no other.
  {
    name: 'hooks-in-test-files',
    pattern: /^(before|after)(All|Each)\s*\(/,
    files: /^tests\/(?!.*\.test\.ts$)/,
  },
];

/** `rule: file:line` for every breach. */
export function breaches(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) =>
    textRules
      .filter((rule) => rule.files.test(path) && !rule.except?.test(path))
      .flatMap((rule) =>
        (rule.comments ? text : withoutComments(text))
          .split('\n')
          .flatMap((line, i) => (rule.pattern.test(line) ? [`${rule.name}: ${path}:${i + 1}`] : [])),
      ),
  );
}

const named = /^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.ts$/;
const vagueRooms = /^(utils?|helpers?|common|misc|managers?|shared|lib)$/;

/** Paths whose folders or files are named against the house rules. */
export function misnamed(paths: readonly string[]): string[] {
  return paths.filter((path) => {
    const parts = path.split('/');
    const file = parts.pop() ?? '';
    return !named.test(file) || [...parts, file.split('.')[0] ?? ''].some((part) => vagueRooms.test(part));
  });
}

export interface Lengths {
  readonly files: number;
  readonly median: number;
  readonly p90: number;
  readonly longest: readonly { readonly path: string; readonly lines: number }[];
}

/** Lengths in lines; `longest` in falling order. */
export function lengths(sources: readonly Source[]): Lengths {
  const longest = sources
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .sort((a, b) => b.lines - a.lines);
  const at = (share: number) => longest[Math.floor((1 - share) * (longest.length - 1))]?.lines ?? 0;
  return { files: longest.length, median: at(0.5), p90: at(0.9), longest };
}

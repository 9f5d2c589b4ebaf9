import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const pages = [
  'README.md',
  'README.zh-CN.md',
  'ARCHITECTURE.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
];

/** Every Markdown page of the repository, with its text. */
export function readDocuments(root: string): { path: string; text: string }[] {
  const below = ['docs', 'examples'].flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
          join(folder, name),
        )
      : [],
  );
  return [...pages, ...below]
    .filter((path) => path.endsWith('.md') && existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** `fedrisk …` command lines in code blocks and code marks, continuation lines joined, as lists of words. */
export function commandsIn(text: string): string[][] {
  const blocks = [...text.matchAll(/```[a-z]*\n([\s\S]*?)```/g)].map((match) => match[1]!);
  const marks = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`\n]+)`/g)].map(
    (match) => match[1]!,
  );
  return [
    ...blocks
      .join('\n')
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n'),
    ...marks,
  ].flatMap((line) => {
    const match = line.match(/^\s*(?:\$ )?(?:[A-Z_]+=\S+ )*(?:npx )?fedrisk\s+(.+)$/);
    return match ? [words(match[1]!)] : [];
  });
}

/** Words of a command line up to a pipe, redirection, `&&` or comment; quotes removed. */
export function words(line: string): string[] {
  const found = line.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  const end = found.findIndex((word) => /^(\||>|>>|&&|;|#|2>)/.test(word));
  return (end < 0 ? found : found.slice(0, end)).map((word) => word.replaceAll(/^["']|["']$/g, ''));
}

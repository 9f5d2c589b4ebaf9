/** Files of one participant by path below its home. */
export type Files = Map<string, string>;

interface Mount {
  readonly files: Files;
  isAlive(): boolean;
}

const mounts = new Map<string, Mount>();
let mounted = 0;

/**
 * Gives files a root under which one life of a process finds them. What a process that has died still does there
 * changes nothing.
 */
export function mount(files: Files, isAlive: () => boolean): string {
  mounted += 1;
  const root = `/simulated/${mounted}`;
  mounts.set(root, { files, isAlive });
  return root;
}

export function unmount(root: string): void {
  mounts.delete(root);
}

/** The mount that a path lies in, and its path there; undefined for paths of the machine. */
function find(path: unknown): { readonly at: Mount; readonly below: string } | undefined {
  const [, root, below] = /^(\/simulated\/\d+)\/(.*)$/s.exec(String(path)) ?? [];
  if (root === undefined || below === undefined) return undefined;
  return { at: mounts.get(root) ?? { files: new Map(), isAlive: () => false }, below };
}

export function isVirtual(path: unknown): boolean {
  return find(path) !== undefined;
}

export function readVirtual(path: string): string | undefined {
  const found = find(path);
  return found?.at.files.get(found.below);
}

export function writeVirtual(path: string, text: string): void {
  const found = find(path);
  if (found?.at.isAlive()) found.at.files.set(found.below, text);
}

/** Whether there is a file, or a folder with one. */
export function existsVirtual(path: string): boolean {
  const found = find(path);
  return (
    found !== undefined && (found.at.files.has(found.below) || namesIn(found.at, found.below).length > 0)
  );
}

export function listVirtual(path: string): string[] {
  const found = find(path);
  return found === undefined ? [] : namesIn(found.at, found.below);
}

export function removeVirtual(path: string): void {
  const found = find(path);
  if (found?.at.isAlive() !== true) return;
  const { files } = found.at;
  for (const name of files.keys()) {
    if (name === found.below || name.startsWith(`${found.below}/`)) files.delete(name);
  }
}

function namesIn({ files }: Mount, folder: string): string[] {
  const inside = [...files.keys()].filter((name) => name.startsWith(`${folder}/`));
  return [...new Set(inside.map((name) => name.slice(folder.length + 1).split('/')[0] as string))];
}

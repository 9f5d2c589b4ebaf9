// Compiles each kernel (AssemblyScript) to WebAssembly below dist, unless that is up to date.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of a kernel, its source in `assembly` below; the compiled file stands in the same folder of dist. */
const kernels = [
  { folder: 'crypto/matvec/kernel', file: 'ring.wasm' },
  { folder: 'learning/vertical/kernel', file: 'dots.wasm' },
];

const root = fileURLToPath(new URL('..', import.meta.url));
// 201 warns of code for 32-bit memories only, which this is.
const options = '-O3 --runtime stub --noAssert --enable simd --disableWarning 201'.split(' ');
const { version } = createRequire(import.meta.url)('assemblyscript/package.json');

for (const { folder, file } of kernels) {
  const source = join(root, folder, 'assembly');
  const target = join(root, 'dist', folder, file);
  const stamp = `${target}.sha256`;
  const digest = digestOf(source);
  const current = existsSync(target) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;
  if (current) continue;
  await compile(source, join(root, 'dist', folder), file);
  writeFileSync(stamp, digest);
}

function digestOf(source) {
  const hash = createHash('sha256').update(JSON.stringify([version, options]));
  for (const name of readdirSync(source).sort())
    hash.update(`\n${name}\n`).update(readFileSync(join(source, name)));
  return hash.digest('hex');
}

async function compile(source, folder, file) {
  const { default: asc } = await import('assemblyscript/asc');
  mkdirSync(folder, { recursive: true });
  // Built aside and renamed, so that what runs meanwhile never reads half a file.
  const draft = `${process.pid}.${file}`;
  const { error, stderr } = await asc.main(['index.ts', '--baseDir', source, '-o', draft, ...options], {
    writeFile: (name, contents) => writeFileSync(join(folder, name), contents),
  });
  if (error) {
    console.error(`${file} does not compile: ${error.message}\n${stderr.toString()}`);
    rmSync(join(folder, draft), { force: true });
    process.exit(1);
  }
  renameSync(join(folder, draft), join(folder, file));
}

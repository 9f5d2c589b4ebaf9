import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const scratch = mkdtempSync(join(tmpdir(), 'fedrisk-protos-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** File contents by relative path. */
function contents(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(folder.length + 1), readFileSync(path, 'utf8')];
      }),
  );
}

function buf(folder: string, ...order: string[]): { code: number; output: string } {
  try {
    return {
      code: 0,
      output: execFileSync(resolve('node_modules/.bin/buf'), order, { cwd: folder, encoding: 'utf8' }),
    };
  } catch (failure) {
    const { status, stdout } = failure as { status: number; stdout: string };
    return { code: status, output: stdout };
  }
}

describe('wire contract', () => {
  it('passes buf lint, comments on every element included', () => {
    expect(buf('.', 'lint')).toEqual({ code: 0, output: '' });
  });

  it('buf lint would see a field without a comment', () => {
    const folder = join(scratch, 'lint');
    cpSync('proto/fedrisk', join(folder, 'proto/fedrisk'), { recursive: true });
    cpSync('buf.yaml', join(folder, 'buf.yaml'));
    const path = join(folder, 'proto/fedrisk/v1/participant.proto');
    writeFileSync(path, `${readFileSync(path, 'utf8')}\n// Bare.\nmessage Bare {\n  string naked = 1;\n}\n`);
    const { code, output } = buf(folder, 'lint');
    expect(code).not.toBe(0);
    expect(output).toContain('naked');
  });

  it('takes nothing back that the last release said', () => {
    expect(buf('.', 'breaking', '--against', 'proto/released')).toEqual({ code: 0, output: '' });
  });

  it('the comparison would see a field that changed its number', () => {
    const folder = join(scratch, 'breaking');
    cpSync('proto', join(folder, 'proto'), { recursive: true });
    cpSync('buf.yaml', join(folder, 'buf.yaml'));
    const path = join(folder, 'proto/fedrisk/v1/participant.proto');
    writeFileSync(path, readFileSync(path, 'utf8').replace('uint32 next_index = 2', 'uint32 next_index = 3'));
    const { code, output } = buf(folder, 'breaking', '--against', 'proto/released');
    expect(code).not.toBe(0);
    expect(output).toContain('next_index');
  });

  it('generated types are what npm run generate writes', () => {
    const folder = join(scratch, 'generate');
    cpSync('proto/fedrisk', join(folder, 'proto/fedrisk'), { recursive: true });
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    execFileSync(process.execPath, [resolve('scripts/generate-proto.mjs')], { cwd: folder, stdio: 'ignore' });
    expect(contents(join(folder, 'proto/gen'))).toEqual(contents('proto/gen'));
  });
});

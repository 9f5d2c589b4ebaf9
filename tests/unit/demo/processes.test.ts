import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../../examples/demo/free-ports.js';
import { ProcessFailure, SupervisedProcess } from '../../../examples/demo/supervised-process.js';
import { parseEnvelope, Troupe } from '../../../examples/demo/troupe.js';

let folder: string;
const started: SupervisedProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fedrisk-demo-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => child.stop()));
  rmSync(folder, { recursive: true });
});

function node(script: string): SupervisedProcess {
  const child = new SupervisedProcess({
    name: 'child',
    command: process.execPath,
    args: ['-e', script],
    env: {},
    logFile: join(folder, 'child.log'),
  });
  started.push(child);
  return child;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const forever = 'setInterval(() => {}, 1000);';

describe('supervised process', () => {
  it('finds a line, keeps a log of both streams and is gone after stop', async () => {
    const child = node(`console.error('first'); setTimeout(() => console.log('port 4711'), 50); ${forever}`);
    const [, port] = await child.line(/^port (\d+)$/, 20_000);
    expect(port).toBe('4711');
    const pid = child.pid!;
    expect(alive(pid)).toBe(true);
    await child.stop();
    expect(alive(pid)).toBe(false);
    expect(readFileSync(join(folder, 'child.log'), 'utf8').split('\n').sort()).toEqual([
      '',
      'first',
      'port 4711',
    ]);
  });

  it('ends one that ignores SIGTERM', async () => {
    const child = node(`process.on('SIGTERM', () => {}); console.log('deaf'); ${forever}`);
    await child.line(/deaf/, 20_000);
    await child.stop();
    expect((await child.exited).signal).toBe('SIGKILL');
  });

  it('tells why and with which last lines it ended early', async () => {
    const child = node(
      "console.log('reading'); console.error('CA_MISMATCH: wrong fingerprint'); process.exit(4);",
    );
    const failure = await child.line(/ready/, 20_000).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ProcessFailure);
    expect((failure as ProcessFailure).message).toContain('exit code 4');
    expect((failure as ProcessFailure).lastLines).toContain('CA_MISMATCH: wrong fingerprint');
  });

  it('has a deadline on every wait', async () => {
    const child = node(forever);
    await expect(child.line(/never/, 30)).rejects.toThrow(/within 0.03 s/);
    await expect(child.ended(30)).rejects.toThrow(/did not end/);
    expect(child.running).toBe(false);
  });

  it('reports a command that does not exist', async () => {
    const child = new SupervisedProcess({
      name: 'ghost',
      command: join(folder, 'no-such-program'),
      args: [],
      env: {},
      logFile: join(folder, 'ghost.log'),
    });
    expect((await child.exited).code).not.toBe(0);
    expect(child.lastLines.join()).toContain('ENOENT');
  });
});

describe('troupe', () => {
  const troupe = (cli: string) => new Troupe({ logs: folder, env: {}, cli });
  const role = { name: 'bank-a', home: '/nowhere', passphrase: 'x' };

  it('leaves nothing running after close and starts nothing more', async () => {
    const cli = join(folder, 'cli.cjs');
    writeFileSync(cli, `console.log('up'); ${forever}`);
    const all = troupe(cli);
    const children = [1, 2, 3].map(() => all.start(role, ['participant', 'start']));
    await Promise.all(children.map((child) => child.line(/up/, 20_000)));
    const pids = all.pids;
    expect(pids).toHaveLength(3);
    await all.close();
    expect(pids.filter(alive)).toEqual([]);
    expect(() => all.start(role, ['participant', 'start'])).toThrow(/stopped/);
  });

  it('gives data of the envelope, or its coded error', async () => {
    const cli = join(folder, 'cli.cjs');
    writeFileSync(
      cli,
      "const bad = process.argv[2] === 'bad'; console.log(JSON.stringify(bad ? { ok: false, error: { code: 'TOKEN_USED', message: 'used' } } : { ok: true, data: { home: process.env.FEDRISK_HOME, args: process.argv.slice(2) } })); process.exit(bad ? 4 : 0);",
    );
    const all = troupe(cli);
    expect(await all.run(role, ['jobs', 'list'])).toEqual({
      home: '/nowhere',
      args: ['jobs', 'list', '--json'],
    });
    await expect(all.run(role, ['bad'])).rejects.toMatchObject({ code: 'TOKEN_USED' });
    expect(parseEnvelope('Segmentation fault')).toBeUndefined();
    expect(parseEnvelope('null')).toBeUndefined();
  });
});

describe('free ports', () => {
  it('differ and can be listened on', async () => {
    const ports = await freePorts(5);
    expect(new Set(ports).size).toBe(5);
    const servers = await Promise.all(
      ports.map(
        (port) =>
          new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
            const server = createServer();
            server.once('error', reject).listen(port, '127.0.0.1', () => resolve(server));
          }),
      ),
    );
    for (const server of servers) server.close();
  });
});

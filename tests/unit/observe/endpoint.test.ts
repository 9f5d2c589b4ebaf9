import { afterEach, describe, expect, it } from 'vitest';
import { type Observing, parseEndpoint, startObserving } from '../../../observe/index.js';

const open: Observing[] = [];
afterEach(async () => {
  for (const observing of open.splice(0)) await observing.close();
});

async function observing(metrics: string): Promise<Observing> {
  const at = parseEndpoint('--metrics', metrics);
  const started = await startObserving({ metrics: at, service: 's', version: '1.2.3', instance: 'i' });
  open.push(started);
  return started;
}

describe('the address of metrics', () => {
  it.each([
    ['9464', { host: '127.0.0.1', port: 9464 }],
    ['0.0.0.0:9464', { host: '0.0.0.0', port: 9464 }],
    ['hub.example:1', { host: 'hub.example', port: 1 }],
    ['[::1]:0', { host: '::1', port: 0 }],
  ])('%s', (text, expected) => {
    expect(parseEndpoint('--metrics', text)).toEqual(expected);
  });

  it.each(['', 'hub', ':9464', '70000', '::1:9464', 'a b:1', 'http://hub:1', '1:2:3'])(
    'is not "%s"',
    (text) => {
      expect(() => parseEndpoint('--metrics', text)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    },
  );
});

describe('metrics', () => {
  it('are served as text, with what is looked up when they are asked for', async () => {
    const { metrics, endpoint } = await observing('0');
    metrics!.count('fedrisk_things_total', 'Things', ['code']).add({ code: 'HOME_IN_USE' }, 3);
    metrics!.timing('fedrisk_waits_seconds', 'Waits', []).observe({}, 2);
    let jobs = new Map([['running', 2]]);
    metrics!.gauge('fedrisk_jobs', 'Jobs', 'state', () => jobs);
    const page = async () => (await fetch(`http://${endpoint}/metrics`)).text();
    expect(await page()).toMatch(/^fedrisk_things_total\{code="HOME_IN_USE"\} 3$/m);
    expect(await page()).toMatch(/^fedrisk_waits_seconds_count 1$/m);
    expect(await page()).toMatch(/^fedrisk_waits_seconds_bucket\{le="1"\} 0$/m);
    expect(await page()).toMatch(/^fedrisk_waits_seconds_bucket\{le="3"\} 1$/m);
    expect(await page()).toMatch(/^nodejs_eventloop_lag_seconds /m);
    expect(await page()).toMatch(/^fedrisk_jobs\{state="running"\} 2$/m);
    jobs = new Map([['fitting', 1]]);
    expect(await page()).toMatch(/^fedrisk_jobs\{state="fitting"\} 1$/m);
    expect(await page()).not.toContain('state="running"');
  });

  it('are all there is at their address, and only to be read', async () => {
    const { endpoint } = await observing('0');
    expect((await fetch(`http://${endpoint}/`)).status).toBe(404);
    expect((await fetch(`http://${endpoint}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405);
    expect((await fetch(`http://${endpoint}/metrics?x`)).headers.get('content-type')).toContain('text/plain');
  });

  it('say so when their address is taken', async () => {
    const { endpoint } = await observing('0');
    await expect(observing(endpoint!)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('are not there when nobody asked for them', async () => {
    const nothing = await startObserving({ service: 's', version: '1', instance: 'i', otlpEndpoint: '' });
    expect(nothing).toMatchObject({ metrics: undefined, tracing: undefined, endpoint: undefined });
    await nothing.close();
  });
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobId } from '../../contract/index.js';
import { spanIdOf, traceIdOf } from '../../observe/tracing.js';
import { Federation, hub } from './support/federation.js';
import { finished } from './support/outcome.js';
import type { Sight } from './support/sight.js';

/** Nothing here is about time; this only ends a test that hangs. */
const hangMs = 300_000;

interface Span {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string }[];
}

const spans: Span[] = [];
let receiver: Server;
let federation: Federation;
let job: Sight;
const pages = new Map<string, string>();

/** A receiver of OTLP over HTTP, as far as the exporter needs one. */
function receive(body: string): void {
  const { resourceSpans } = JSON.parse(body);
  for (const { resource, scopeSpans } of resourceSpans) {
    const named = resource.attributes.find(({ key }: { key: string }) => key === 'service.instance.id');
    for (const { spans: some } of scopeSpans) {
      for (const span of some) spans.push({ ...span, service: named.value.stringValue });
    }
  }
}

function metricsAt(name: string): string {
  const line = federation.output(name).findLast((each) => each.includes('"metrics":'));
  return (JSON.parse(line!) as { data: { metrics: string } }).data.metrics;
}

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      receive(Buffer.concat(pieces).toString());
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  federation = await Federation.found();
  await federation.end(hub, 'SIGTERM');
  const { port } = receiver.address() as AddressInfo;
  federation.environment.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${port}`;
  for (const name of [hub, ...federation.names]) federation.options.set(name, ['--metrics', '0']);
  await federation.bringUp(hub, ...federation.names);
  job = await finished(federation, await federation.submit());
  for (const name of [hub, ...federation.names]) {
    pages.set(name, await (await fetch(`http://${metricsAt(name)}/metrics`)).text());
  }
  await Promise.all(federation.names.map((name) => federation.end(name, 'SIGTERM')));
  await federation.end(hub, 'SIGTERM');
}, hangMs);

afterAll(async () => {
  await federation?.close();
  receiver?.close();
});

test('spans of all parties are one trace, under the id of the job', () => {
  const jobId = job.jobId as JobId;
  expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(['test-hub', ...federation.names]));
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([traceIdOf(jobId)]));
  const known = new Set(spans.map(({ spanId }) => spanId));
  const orphans = spans.filter(({ parentSpanId }) => parentSpanId && !known.has(parentSpanId));
  expect(orphans).toEqual([]);
  const sum = spanIdOf(jobId, 'sum/2');
  const below = spans.filter(({ parentSpanId }) => parentSpanId === sum);
  for (const name of federation.names) {
    const duties = below.filter(({ service }) => service === name).map((span) => span.name);
    expect(duties).toEqual(expect.arrayContaining(['contribute', 'signSurvivors', 'reveal', 'openSum']));
  }
  const phases = below.filter(({ service }) => service === 'test-hub').map(({ name }) => name);
  expect(phases.sort()).toEqual(['applying', 'collecting', 'unmasking']);
});

test('spans say where in a job, and nothing else', () => {
  const keys = new Set(spans.flatMap(({ attributes }) => attributes.map(({ key }) => key)));
  const allowed = ['job', 'sum', 'step', 'step_name', 'purpose', 'round', 'code'].map(
    (key) => `fedrisk.${key}`,
  );
  expect([...keys].filter((key) => !allowed.includes(key))).toEqual([]);
});

test('metrics count what happened, and name nobody', () => {
  const page = pages.get(hub)!;
  const sums = job.of('sumAgreed').length;
  expect(page).toMatch(new RegExp(`^fedrisk_events_total\\{kind="sumAgreed"\\} ${sums}$`, 'm'));
  expect(page).toMatch(/^fedrisk_jobs_ended_total\{outcome="finished"\} 1$/m);
  expect(page).toMatch(new RegExp(`^fedrisk_adding_seconds_count\\{outcome="added"\\} ${sums}$`, 'm'));
  expect(page).toMatch(/^fedrisk_sessions 3$/m);
  const bytesIn = Number(/fedrisk_blob_transfer_bytes_total\{direction="in"\} (\d+)/.exec(page)![1]);
  const uploaded = job.posted('contribution').map(({ body }) => (body as { bytes: number }).bytes);
  expect(bytesIn).toBe(uploaded.reduce((all, bytes) => all + bytes, 0));
  for (const name of federation.names) {
    const own = pages.get(name)!;
    expect(own).toMatch(
      new RegExp(`^fedrisk_duty_seconds_count\\{duty="openSum",outcome="done"\\} ${sums}$`, 'm'),
    );
    expect(own).toMatch(/^fedrisk_connected 1$/m);
    expect(own).toMatch(/^fedrisk_journal_write_seconds_count\{method="keepSaid"\} \d+$/m);
  }
  for (const each of pages.values()) {
    for (const name of federation.names) expect(each).not.toContain(name);
    expect(each).not.toContain(job.jobId);
  }
});

test('every line of a log that is about a job names it', () => {
  const lines = [hub, ...federation.names].flatMap((name) => federation.output(name));
  const about = lines.filter((line) => /"msg":"(job |duty|left|a post)/.test(line));
  expect(about.length).toBeGreaterThan(3);
  for (const line of about) expect(JSON.parse(line)).toMatchObject({ jobId: job.jobId });
});

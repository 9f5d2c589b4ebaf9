import { SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-node';
import { describe, expect, it } from 'vitest';
import type { JobId } from '../../../contract/index.js';
import { spanIdOf, tracingTo } from '../../../observe/tracing.js';

const jobId = `job-${'3c'.repeat(16)}` as JobId;
const order = { endpoint: '', service: 'fedrisk', version: '1', instance: 'east' };

/** Two processes that know of each other nothing but the job id. */
async function twoParties() {
  const coordinator = new InMemorySpanExporter();
  const bank = new InMemorySpanExporter();
  const here = tracingTo(order, coordinator);
  const there = tracingTo({ ...order, instance: 'bank-a' }, bank);
  there.record({ jobId, name: 'contribute', in: 'sum/3', startMs: 100, endMs: 150, code: 'ROUND_CLOSED' });
  there.record({ jobId, name: 'reveal', in: 'sum/3', startMs: 160, endMs: 155 });
  here.record({ jobId, name: 'sum', is: 'sum/3', in: 'job', startMs: 90, endMs: 200 });
  here.record({ jobId, name: 'job', is: 'job', startMs: 0, endMs: 300 });
  // Read before closing, which empties them.
  await Promise.all([here, there].map((tracing) => tracing.flush()));
  const spans = { coordinator: coordinator.getFinishedSpans(), bank: bank.getFinishedSpans() };
  await Promise.all([here.close(), there.close()]);
  return spans;
}

describe('traces of one job', () => {
  it('join across parties that exchange no header, under the id of the job', async () => {
    const { coordinator, bank } = await twoParties();
    const all = [...coordinator, ...bank];
    expect(new Set(all.map((span) => span.spanContext().traceId))).toEqual(new Set(['3c'.repeat(16)]));
    const [sum, job] = coordinator;
    expect(sum!.spanContext().spanId).toBe(spanIdOf(jobId, 'sum/3'));
    expect(sum!.parentSpanContext?.spanId).toBe(job!.spanContext().spanId);
    expect(bank.map((span) => span.parentSpanContext?.spanId)).toEqual([
      sum!.spanContext().spanId,
      sum!.spanContext().spanId,
    ]);
    expect(job!.parentSpanContext).toBeUndefined();
    expect(new Set(all.map((span) => span.spanContext().spanId)).size).toBe(all.length);
  });

  it('say how work ended, and never a negative length', async () => {
    const { bank } = await twoParties();
    expect(bank[0]!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'ROUND_CLOSED' });
    expect(bank[0]!.attributes).toEqual({ 'fedrisk.job': jobId, 'fedrisk.code': 'ROUND_CLOSED' });
    expect(bank[1]!.duration).toEqual([0, 0]);
  });

  it('have other ids in another job', () => {
    const other = `job-${'3d'.repeat(16)}` as JobId;
    const places = ['job', 'sum/1', 'sum/11', 'step/1'] as const;
    const ids = [jobId, other].flatMap((id) => places.map((place) => spanIdOf(id, place)));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('do not keep a process that stops waiting for a receiver that is away', async () => {
    const away = tracingTo(order, {
      export: () => undefined,
      shutdown: () => new Promise(() => undefined),
    });
    away.record({ jobId, name: 'job', is: 'job', startMs: 0, endMs: 1 });
    await away.close();
  });
});

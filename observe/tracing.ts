import { createHash, randomBytes } from 'node:crypto';
import {
  type Attributes,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  type IdGenerator,
  NodeTracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node';
import type { ErrorCode, JobId } from '../contract/index.js';

/** The parts of a job that every side can name without being told: the job itself, a sum or step by its number. */
export type SpanPlace = 'job' | `sum/${number}` | `step/${number}`;

/** Work that is over. Attributes hold names of phases, numbers and codes, never data. */
export interface FinishedSpan {
  readonly jobId: JobId;
  readonly name: string;
  /** Set for the spans others hang theirs on; drawn otherwise. */
  readonly is?: SpanPlace;
  /** Absent for the job itself. */
  readonly in?: SpanPlace;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly code?: ErrorCode;
}

export interface Tracing {
  record(span: FinishedSpan): void;
  /** Sends what there is; never rejects. */
  flush(): Promise<void>;
  /** Sends what is left, for at most two seconds. */
  close(): Promise<void>;
}

export interface TracingOrder {
  /** Base URL of an OTLP receiver, as in OTEL_EXPORTER_OTLP_ENDPOINT; `/v1/traces` is added. */
  readonly endpoint: string;
  readonly service: string;
  readonly version: string;
  /** Which of several: certificate name of a participant, name of a replica. */
  readonly instance: string;
}

const closingMs = 2000;

/**
 * Traces by OpenTelemetry. A job id is 128 bits, as a trace id is, and serves as one; spans of the job, its sums and
 * steps have ids derived from it. So spans of all parties join in one trace, although no party takes a trace header
 * from another: nobody foreign decides what is traced here, or where it is filed.
 */
export function openTracing(order: TracingOrder): Tracing {
  const url = `${order.endpoint.replace(/\/+$/, '')}/v1/traces`;
  return tracingTo(order, new OTLPTraceExporter({ url, timeoutMillis: closingMs }));
}

/** Traces to any exporter. */
export function tracingTo({ service, version, instance }: TracingOrder, exporter: SpanExporter): Tracing {
  const ids = new Ids();
  const processor = new BatchSpanProcessor(exporter, { exportTimeoutMillis: closingMs });
  const provider = new NodeTracerProvider({
    idGenerator: ids,
    sampler: new AlwaysOnSampler(),
    resource: resourceFromAttributes({
      'service.name': service,
      'service.version': version,
      'service.instance.id': instance,
    }),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('fedrisk');
  return {
    record: (span) => {
      const { jobId, name, startMs, code } = span;
      ids.next = { traceId: traceIdOf(jobId), ...(span.is && { spanId: spanIdOf(jobId, span.is) }) };
      const attributes: Attributes = { 'fedrisk.job': jobId, ...span.attributes };
      const options = { startTime: startMs, kind: SpanKind.INTERNAL, attributes };
      const started = tracer.startSpan(name, options, parentOf(span));
      if (code !== undefined) {
        started.setAttribute('fedrisk.code', code);
        started.setStatus({ code: SpanStatusCode.ERROR, message: code });
      }
      started.end(Math.max(span.endMs, startMs));
    },
    flush: () => provider.forceFlush().catch(() => undefined),
    close: async () => {
      const late = new Promise((resolve) => setTimeout(resolve, closingMs).unref());
      // A receiver that is away loses spans and delays nobody.
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
    },
  };
}

export function traceIdOf(jobId: JobId): string {
  return jobId.slice('job-'.length);
}

export function spanIdOf(jobId: JobId, place: SpanPlace): string {
  return createHash('sha256').update(`fedrisk/span ${jobId} ${place}`).digest('hex').slice(0, 16);
}

function parentOf({ jobId, in: place }: FinishedSpan) {
  if (place === undefined) return ROOT_CONTEXT;
  const traceId = traceIdOf(jobId);
  const spanId = spanIdOf(jobId, place);
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED });
}

/** Ids of the span that is started next; the tracer asks for them while it starts. */
class Ids implements IdGenerator {
  next: { readonly traceId: string; readonly spanId?: string } = { traceId: '' };

  generateTraceId(): string {
    return this.next.traceId;
  }

  generateSpanId(): string {
    return this.next.spanId ?? randomBytes(8).toString('hex');
  }
}

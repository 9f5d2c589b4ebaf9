import { type Endpoint, spokenEndpoint } from './endpoint.js';
import type { Metrics } from './metrics.js';
import type { Tracing } from './tracing.js';

export interface ObservingOrder {
  readonly metrics?: Endpoint | undefined;
  /** Base URL of an OTLP receiver over HTTP. */
  readonly otlpEndpoint?: string | undefined;
  readonly service: string;
  readonly version: string;
  readonly instance: string;
}

/** What a process tells its operator's monitoring; whatever was not asked for is absent and costs nothing. */
export interface Observing {
  readonly metrics: Metrics | undefined;
  readonly tracing: Tracing | undefined;
  /** host:port where metrics are served. */
  readonly endpoint: string | undefined;
  close(): Promise<void>;
}

/** Loads and starts what was asked for. @throws {CodedError} CONFIG_INVALID when the address of metrics is taken. */
export async function startObserving(order: ObservingOrder): Promise<Observing> {
  const { metrics: at, otlpEndpoint } = order;
  const metrics = at && new (await import('./metrics.js')).Metrics();
  const served = at && metrics && (await (await import('./endpoint.js')).serveMetrics(metrics, at));
  const tracing =
    otlpEndpoint === undefined || otlpEndpoint === ''
      ? undefined
      : (await import('./tracing.js')).openTracing({ ...order, endpoint: otlpEndpoint });
  return {
    metrics,
    tracing,
    endpoint: served && spokenEndpoint(served),
    close: async () => {
      served?.close();
      await tracing?.close();
    },
  };
}

export { type Endpoint, parseEndpoint } from './endpoint.js';
export type { Count, Look, Metrics, Timing } from './metrics.js';
export { type Observing, type ObservingOrder, startObserving } from './observing.js';
export { standIn, timed } from './stand-in.js';
export type { FinishedSpan, SpanPlace, Tracing, TracingOrder } from './tracing.js';

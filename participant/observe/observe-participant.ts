import type { Clock } from '../../contract/index.js';
import { parseEndpoint, startObserving } from '../../observe/index.js';
import { Observer } from './observer.js';

export interface ObservedParticipant {
  /** Undefined when neither metrics nor traces were asked for. */
  readonly observer: Observer | undefined;
  /** host:port of the metrics. */
  readonly endpoint: string | undefined;
  close(): Promise<void>;
}

/** Starts what an operator asked for. @throws {CodedError} CONFIG_INVALID for an address that cannot be. */
export async function observeParticipant(order: {
  /** PORT or HOST:PORT. */
  readonly metrics: string | undefined;
  /** Base URL of an OTLP receiver. */
  readonly traces: string | undefined;
  readonly name: string;
  readonly version: string;
  readonly clock: Clock;
}): Promise<ObservedParticipant> {
  const { metrics: at, traces, name, version, clock } = order;
  const { metrics, tracing, endpoint, close } = await startObserving({
    service: 'fedrisk-participant',
    ...{ instance: name, version },
    metrics: at === undefined ? undefined : parseEndpoint('--metrics', at),
    otlpEndpoint: traces,
  });
  return {
    observer: metrics || tracing ? new Observer(metrics, tracing, clock) : undefined,
    endpoint,
    close,
  };
}

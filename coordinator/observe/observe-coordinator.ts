import { type Observing, parseEndpoint, startObserving } from '../../observe/index.js';
import type { Adder } from '../adding/index.js';
import type { Blobs } from '../blobs/index.js';
import type { Store } from '../store/index.js';
import { Observer } from './observer.js';

export interface ObservedCoordinator {
  /** Undefined when neither metrics nor traces were asked for; the three below then change nothing. */
  readonly observer: Observer | undefined;
  store(store: Store): Store;
  blobs(blobs: Blobs): Blobs;
  adder(adder: Adder): Adder;
  /** host:port of the metrics. */
  readonly endpoint: string | undefined;
  close(): Promise<void>;
}

/** Starts what an operator asked for. @throws {CodedError} CONFIG_INVALID for an address that cannot be. */
export async function observeCoordinator(order: {
  /** PORT or HOST:PORT. */
  readonly metrics: string | undefined;
  /** Base URL of an OTLP receiver. */
  readonly traces: string | undefined;
  readonly instance: string;
  readonly version: string;
  readonly blobFolder: string;
}): Promise<ObservedCoordinator> {
  const { metrics: at, traces, instance, version, blobFolder } = order;
  const observing: Observing = await startObserving({
    service: 'fedrisk-coordinator',
    ...{ instance, version },
    metrics: at === undefined ? undefined : parseEndpoint('metrics', at),
    otlpEndpoint: traces,
  });
  const { metrics, tracing, endpoint, close } = observing;
  const observer = metrics || tracing ? new Observer(metrics, tracing, blobFolder) : undefined;
  return {
    observer,
    store: (store) => observer?.store(store) ?? store,
    blobs: (blobs) => observer?.blobs(blobs) ?? blobs,
    adder: (adder) => observer?.adder(adder) ?? adder,
    endpoint,
    close,
  };
}

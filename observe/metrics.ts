import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Buckets for work that takes milliseconds (a stored event) to hours (a step of a large alignment). */
const buckets = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3600];

/** Counts something; labels have few values, all known beforehand: codes, phases, kinds. */
export interface Count {
  add(labels: Readonly<Record<string, string>>, by?: number): void;
}

/** Observes durations in seconds. */
export interface Timing {
  observe(labels: Readonly<Record<string, string>>, seconds: number): void;
}

/** A value looked up when somebody asks for it, per label value. */
export type Look = () => ReadonlyMap<string, number> | Promise<ReadonlyMap<string, number>>;

/**
 * Metrics of one process in the text format of Prometheus. Names begin with `fedrisk_`; those of Node and the process
 * (memory, CPU, open files, lag of the event loop) come with prom-client.
 */
export class Metrics {
  readonly #registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  count(name: string, help: string, labels: readonly string[]): Count {
    const counter = new Counter({ name, help, labelNames: [...labels], registers: [this.#registry] });
    return { add: (values, by = 1) => counter.inc(values, by) };
  }

  timing(name: string, help: string, labels: readonly string[]): Timing {
    const histogram = new Histogram({
      ...{ name, help, buckets, labelNames: [...labels] },
      registers: [this.#registry],
    });
    return { observe: (values, seconds) => histogram.observe(values, Math.max(seconds, 0)) };
  }

  /** @param label name of the label whose values `look` gives; '' for a single value under the key ''. */
  gauge(name: string, help: string, label: string, look: Look): void {
    new Gauge({
      ...{ name, help, labelNames: label === '' ? [] : [label] },
      registers: [this.#registry],
      async collect() {
        this.reset();
        for (const [key, value] of await look()) this.set(label === '' ? {} : { [label]: key }, value);
      },
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics as text. */
  page(): Promise<string> {
    return this.#registry.metrics();
  }
}

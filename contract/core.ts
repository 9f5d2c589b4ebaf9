/**
 * The door without schemas: errors, secrets, digests, limits and types. Crypto and learning need no more, and their
 * worker threads start without the time that loading the schema library takes.
 */
export { type Canonical, canonicalJson, digestOf } from './canonical.js';
export { CodedError, type ErrorCode, toCodedError } from './errors/index.js';
export type { HorizontalSpec } from './horizontal-spec.js';
export type { HexDigest, JobId } from './ids.js';
export { limits } from './limits.js';
export type { Metric, MetricName, NextStep, ParameterSetName, SumPurpose } from './post.js';
export { Secret } from './secret.js';
export { ShareGraph } from './share-graph.js';
export { histogramLength, lossLimbs } from './sum-lengths.js';
export { isStatistic, statisticsOf } from './sum-sequence.js';
export { outcomeOf, settledValue, type ThreadOutcome, workerBeside } from './thread-outcome.js';

import type { Metric, ParameterSetName, Timing } from '../../contract/index.js';
import type { ViewSources } from './view.js';

export interface RoundParticipant {
  readonly name: string;
  readonly state: string;
  readonly timings: Timing[];
  readonly bytesUp: number;
  readonly digest: string;
  readonly fingerprint: string;
}

export interface RoundView {
  readonly sum: number;
  readonly purpose: string;
  readonly round: number;
  readonly phase: string;
  readonly startedMs: number;
  readonly agreedMs: number;
  readonly parameterSet: string;
  readonly parameters: string;
  readonly keyHolders: string[];
  readonly survivors: string[];
  readonly survivorSignatures: number;
  readonly valueCount: number;
  readonly sumDigest: string;
  readonly sumBytes: number;
  readonly addMs: number;
  readonly verification: string;
  readonly fingerprint: string;
  readonly metrics: Metric[];
  readonly participants: RoundParticipant[];
  readonly waitingFor: string[];
  readonly steps: StepView[];
  readonly leftOut: string[];
  readonly needed: number;
  /** Of the tree, from 1; 0 outside of levels. */
  readonly level: number;
}

export interface RoundSources extends ViewSources {
  /** A parameter set in words. */
  readonly describe: (parameterSet: ParameterSetName) => string;
}

export interface ParcelView {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
  readonly digest: string;
  readonly timings: Timing[];
}

export interface StepView {
  readonly step: number;
  readonly name: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly parcels: ParcelView[];
  readonly waitingFor: string[];
  /** Of the tree, from 1; 0 outside of levels. */
  readonly level: number;
}

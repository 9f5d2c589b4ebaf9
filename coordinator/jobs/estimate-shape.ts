export interface Estimate {
  readonly valuesPerRound: number;
  readonly bytesUpPerRound: number;
  readonly bytesDownPerRound: number;
  readonly protectionSecondsPerRound: number;
  readonly trainingSecondsPerRound: number;
  readonly totalSeconds: number;
  readonly basis: string;
}

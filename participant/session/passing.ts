/** Faults of the way, not of the message: worth another try. */
export const passing: ReadonlySet<string> = new Set([
  'COORDINATOR_UNREACHABLE',
  'STORAGE_FULL',
  'RATE_LIMITED',
  'UPLOAD_OFFSET',
]);

import type { ErrorCode, EventBody, ParticipantName } from '../../contract/index.js';

export function failed(
  code: ErrorCode,
  detail: string,
  parties: readonly (ParticipantName | string)[],
): EventBody {
  return { kind: 'failed', code, detail, parties: [...parties] };
}

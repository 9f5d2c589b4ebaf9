import { CodedError, type JobEvent } from '../../contract/index.js';

/** A stored event that no legal run can contain: the log is damaged or of another version. */
export function illegal(where: string | undefined, event: JobEvent): CodedError<'INTERNAL'> {
  return new CodedError(
    'INTERNAL',
    `event ${event.index} (${event.body.kind}) is not legal in ${where ?? 'an empty log'}`,
  );
}

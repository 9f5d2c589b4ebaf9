import { CodedError, type ParticipantName } from '../../../contract/index.js';
import type { InboundParcel, StepWork } from '../step-work.js';

/** The parcel that a peer sent in a step. */
export function parcelOfStep({ inbox }: StepWork, step: number, from: ParticipantName): InboundParcel {
  const parcel = inbox.find((one) => one.step === step && one.from === from);
  if (parcel === undefined) throw new CodedError('INTERNAL', `the parcel of ${from} in step ${step} is gone`);
  return parcel;
}

import type { ParameterSetName } from '../../contract/index.js';

/** What the coordinator knows of a sender by its certificate and registration. */
export interface SenderFacts {
  readonly name: string;
  readonly organisation: string;
  readonly role: string;
  readonly certificateFingerprint: string;
  readonly identityKey: string;
}

/** What is known of the upload of a contribution or a parcel when its post arrives. */
export interface UploadFacts {
  /** True when every byte is stored and the digest fits. */
  readonly complete: boolean;
  /** Contribution: the size that the parameter set prescribes for the claimed value count. */
  readonly prescribedBytes?: number;
  /** Contribution: the set that the spec prescribes for its sum, where it does. */
  readonly prescribedSet?: ParameterSetName | undefined;
}

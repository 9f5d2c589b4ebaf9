// Original file: proto/fedrisk/v1/transcript.proto

import type { Consent as _fedrisk_v1_Consent, Consent__Output as _fedrisk_v1_Consent__Output } from '../../fedrisk/v1/Consent.js';
import type { Join as _fedrisk_v1_Join, Join__Output as _fedrisk_v1_Join__Output } from '../../fedrisk/v1/Join.js';
import type { KeyCommitments as _fedrisk_v1_KeyCommitments, KeyCommitments__Output as _fedrisk_v1_KeyCommitments__Output } from '../../fedrisk/v1/KeyCommitments.js';
import type { RosterSignature as _fedrisk_v1_RosterSignature, RosterSignature__Output as _fedrisk_v1_RosterSignature__Output } from '../../fedrisk/v1/RosterSignature.js';
import type { SumKeys as _fedrisk_v1_SumKeys, SumKeys__Output as _fedrisk_v1_SumKeys__Output } from '../../fedrisk/v1/SumKeys.js';
import type { Sealed as _fedrisk_v1_Sealed, Sealed__Output as _fedrisk_v1_Sealed__Output } from '../../fedrisk/v1/Sealed.js';
import type { Contribution as _fedrisk_v1_Contribution, Contribution__Output as _fedrisk_v1_Contribution__Output } from '../../fedrisk/v1/Contribution.js';
import type { SurvivorSignature as _fedrisk_v1_SurvivorSignature, SurvivorSignature__Output as _fedrisk_v1_SurvivorSignature__Output } from '../../fedrisk/v1/SurvivorSignature.js';
import type { Applied as _fedrisk_v1_Applied, Applied__Output as _fedrisk_v1_Applied__Output } from '../../fedrisk/v1/Applied.js';
import type { Abort as _fedrisk_v1_Abort, Abort__Output as _fedrisk_v1_Abort__Output } from '../../fedrisk/v1/Abort.js';
import type { Parcel as _fedrisk_v1_Parcel, Parcel__Output as _fedrisk_v1_Parcel__Output } from '../../fedrisk/v1/Parcel.js';
import type { Report as _fedrisk_v1_Report, Report__Output as _fedrisk_v1_Report__Output } from '../../fedrisk/v1/Report.js';
import type { Reveal as _fedrisk_v1_Reveal, Reveal__Output as _fedrisk_v1_Reveal__Output } from '../../fedrisk/v1/Reveal.js';
import type { Recovery as _fedrisk_v1_Recovery, Recovery__Output as _fedrisk_v1_Recovery__Output } from '../../fedrisk/v1/Recovery.js';

export interface Post {
  'sender'?: (string);
  'rosterDigest'?: (string);
  'signature'?: (string);
  'consent'?: (_fedrisk_v1_Consent | null);
  'join'?: (_fedrisk_v1_Join | null);
  'keyCommitments'?: (_fedrisk_v1_KeyCommitments | null);
  'rosterSignature'?: (_fedrisk_v1_RosterSignature | null);
  'sumKeys'?: (_fedrisk_v1_SumKeys | null);
  'sealed'?: (_fedrisk_v1_Sealed | null);
  'contribution'?: (_fedrisk_v1_Contribution | null);
  'survivorSignature'?: (_fedrisk_v1_SurvivorSignature | null);
  'applied'?: (_fedrisk_v1_Applied | null);
  'abort'?: (_fedrisk_v1_Abort | null);
  'parcel'?: (_fedrisk_v1_Parcel | null);
  'report'?: (_fedrisk_v1_Report | null);
  'reveal'?: (_fedrisk_v1_Reveal | null);
  'recovery'?: (_fedrisk_v1_Recovery | null);
  'body'?: "consent"|"join"|"keyCommitments"|"rosterSignature"|"sumKeys"|"sealed"|"contribution"|"survivorSignature"|"applied"|"abort"|"parcel"|"report"|"reveal"|"recovery";
}

export interface Post__Output {
  'sender': (string);
  'rosterDigest': (string);
  'signature': (string);
  'consent'?: (_fedrisk_v1_Consent__Output | null);
  'join'?: (_fedrisk_v1_Join__Output | null);
  'keyCommitments'?: (_fedrisk_v1_KeyCommitments__Output | null);
  'rosterSignature'?: (_fedrisk_v1_RosterSignature__Output | null);
  'sumKeys'?: (_fedrisk_v1_SumKeys__Output | null);
  'sealed'?: (_fedrisk_v1_Sealed__Output | null);
  'contribution'?: (_fedrisk_v1_Contribution__Output | null);
  'survivorSignature'?: (_fedrisk_v1_SurvivorSignature__Output | null);
  'applied'?: (_fedrisk_v1_Applied__Output | null);
  'abort'?: (_fedrisk_v1_Abort__Output | null);
  'parcel'?: (_fedrisk_v1_Parcel__Output | null);
  'report'?: (_fedrisk_v1_Report__Output | null);
  'reveal'?: (_fedrisk_v1_Reveal__Output | null);
  'recovery'?: (_fedrisk_v1_Recovery__Output | null);
  'body'?: "consent"|"join"|"keyCommitments"|"rosterSignature"|"sumKeys"|"sealed"|"contribution"|"survivorSignature"|"applied"|"abort"|"parcel"|"report"|"reveal"|"recovery";
}

// Original file: proto/fedrisk/v1/transcript.proto

import type { Submitted as _fedrisk_v1_Submitted, Submitted__Output as _fedrisk_v1_Submitted__Output } from '../../fedrisk/v1/Submitted.js';
import type { Post as _fedrisk_v1_Post, Post__Output as _fedrisk_v1_Post__Output } from '../../fedrisk/v1/Post.js';
import type { Consented as _fedrisk_v1_Consented, Consented__Output as _fedrisk_v1_Consented__Output } from '../../fedrisk/v1/Consented.js';
import type { RosterFixed as _fedrisk_v1_RosterFixed, RosterFixed__Output as _fedrisk_v1_RosterFixed__Output } from '../../fedrisk/v1/RosterFixed.js';
import type { SumKeysRequested as _fedrisk_v1_SumKeysRequested, SumKeysRequested__Output as _fedrisk_v1_SumKeysRequested__Output } from '../../fedrisk/v1/SumKeysRequested.js';
import type { SumStarted as _fedrisk_v1_SumStarted, SumStarted__Output as _fedrisk_v1_SumStarted__Output } from '../../fedrisk/v1/SumStarted.js';
import type { SurvivorsProposed as _fedrisk_v1_SurvivorsProposed, SurvivorsProposed__Output as _fedrisk_v1_SurvivorsProposed__Output } from '../../fedrisk/v1/SurvivorsProposed.js';
import type { SumReady as _fedrisk_v1_SumReady, SumReady__Output as _fedrisk_v1_SumReady__Output } from '../../fedrisk/v1/SumReady.js';
import type { SumAgreed as _fedrisk_v1_SumAgreed, SumAgreed__Output as _fedrisk_v1_SumAgreed__Output } from '../../fedrisk/v1/SumAgreed.js';
import type { Finished as _fedrisk_v1_Finished, Finished__Output as _fedrisk_v1_Finished__Output } from '../../fedrisk/v1/Finished.js';
import type { Failed as _fedrisk_v1_Failed, Failed__Output as _fedrisk_v1_Failed__Output } from '../../fedrisk/v1/Failed.js';
import type { Cancelled as _fedrisk_v1_Cancelled, Cancelled__Output as _fedrisk_v1_Cancelled__Output } from '../../fedrisk/v1/Cancelled.js';
import type { StepOpened as _fedrisk_v1_StepOpened, StepOpened__Output as _fedrisk_v1_StepOpened__Output } from '../../fedrisk/v1/StepOpened.js';
import type { Stalled as _fedrisk_v1_Stalled, Stalled__Output as _fedrisk_v1_Stalled__Output } from '../../fedrisk/v1/Stalled.js';
import type { Revoked as _fedrisk_v1_Revoked, Revoked__Output as _fedrisk_v1_Revoked__Output } from '../../fedrisk/v1/Revoked.js';
import type { RecoveryAsked as _fedrisk_v1_RecoveryAsked, RecoveryAsked__Output as _fedrisk_v1_RecoveryAsked__Output } from '../../fedrisk/v1/RecoveryAsked.js';
import type { KeysClosed as _fedrisk_v1_KeysClosed, KeysClosed__Output as _fedrisk_v1_KeysClosed__Output } from '../../fedrisk/v1/KeysClosed.js';
import type { SumSkipped as _fedrisk_v1_SumSkipped, SumSkipped__Output as _fedrisk_v1_SumSkipped__Output } from '../../fedrisk/v1/SumSkipped.js';
import type { Long } from '@grpc/proto-loader';

export interface Event {
  'index'?: (number);
  'atMs'?: (number | string | Long);
  'submitted'?: (_fedrisk_v1_Submitted | null);
  'posted'?: (_fedrisk_v1_Post | null);
  'consented'?: (_fedrisk_v1_Consented | null);
  'rosterFixed'?: (_fedrisk_v1_RosterFixed | null);
  'sumKeysRequested'?: (_fedrisk_v1_SumKeysRequested | null);
  'sumStarted'?: (_fedrisk_v1_SumStarted | null);
  'survivorsProposed'?: (_fedrisk_v1_SurvivorsProposed | null);
  'sumReady'?: (_fedrisk_v1_SumReady | null);
  'sumAgreed'?: (_fedrisk_v1_SumAgreed | null);
  'finished'?: (_fedrisk_v1_Finished | null);
  'failed'?: (_fedrisk_v1_Failed | null);
  'cancelled'?: (_fedrisk_v1_Cancelled | null);
  'stepOpened'?: (_fedrisk_v1_StepOpened | null);
  'stalled'?: (_fedrisk_v1_Stalled | null);
  'revoked'?: (_fedrisk_v1_Revoked | null);
  'recoveryAsked'?: (_fedrisk_v1_RecoveryAsked | null);
  'keysClosed'?: (_fedrisk_v1_KeysClosed | null);
  'sumSkipped'?: (_fedrisk_v1_SumSkipped | null);
  'body'?: "submitted"|"posted"|"consented"|"rosterFixed"|"sumKeysRequested"|"sumStarted"|"survivorsProposed"|"sumReady"|"sumAgreed"|"finished"|"failed"|"cancelled"|"stepOpened"|"stalled"|"revoked"|"recoveryAsked"|"keysClosed"|"sumSkipped";
}

export interface Event__Output {
  'index': (number);
  'atMs': (number);
  'submitted'?: (_fedrisk_v1_Submitted__Output | null);
  'posted'?: (_fedrisk_v1_Post__Output | null);
  'consented'?: (_fedrisk_v1_Consented__Output | null);
  'rosterFixed'?: (_fedrisk_v1_RosterFixed__Output | null);
  'sumKeysRequested'?: (_fedrisk_v1_SumKeysRequested__Output | null);
  'sumStarted'?: (_fedrisk_v1_SumStarted__Output | null);
  'survivorsProposed'?: (_fedrisk_v1_SurvivorsProposed__Output | null);
  'sumReady'?: (_fedrisk_v1_SumReady__Output | null);
  'sumAgreed'?: (_fedrisk_v1_SumAgreed__Output | null);
  'finished'?: (_fedrisk_v1_Finished__Output | null);
  'failed'?: (_fedrisk_v1_Failed__Output | null);
  'cancelled'?: (_fedrisk_v1_Cancelled__Output | null);
  'stepOpened'?: (_fedrisk_v1_StepOpened__Output | null);
  'stalled'?: (_fedrisk_v1_Stalled__Output | null);
  'revoked'?: (_fedrisk_v1_Revoked__Output | null);
  'recoveryAsked'?: (_fedrisk_v1_RecoveryAsked__Output | null);
  'keysClosed'?: (_fedrisk_v1_KeysClosed__Output | null);
  'sumSkipped'?: (_fedrisk_v1_SumSkipped__Output | null);
  'body'?: "submitted"|"posted"|"consented"|"rosterFixed"|"sumKeysRequested"|"sumStarted"|"survivorsProposed"|"sumReady"|"sumAgreed"|"finished"|"failed"|"cancelled"|"stepOpened"|"stalled"|"revoked"|"recoveryAsked"|"keysClosed"|"sumSkipped";
}

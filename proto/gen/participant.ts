import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Abort as _fedrisk_v1_Abort, Abort__Output as _fedrisk_v1_Abort__Output } from './fedrisk/v1/Abort.js';
import type { Applied as _fedrisk_v1_Applied, Applied__Output as _fedrisk_v1_Applied__Output } from './fedrisk/v1/Applied.js';
import type { AskScoreRequest as _fedrisk_v1_AskScoreRequest, AskScoreRequest__Output as _fedrisk_v1_AskScoreRequest__Output } from './fedrisk/v1/AskScoreRequest.js';
import type { AskScoreResponse as _fedrisk_v1_AskScoreResponse, AskScoreResponse__Output as _fedrisk_v1_AskScoreResponse__Output } from './fedrisk/v1/AskScoreResponse.js';
import type { Cancelled as _fedrisk_v1_Cancelled, Cancelled__Output as _fedrisk_v1_Cancelled__Output } from './fedrisk/v1/Cancelled.js';
import type { Card as _fedrisk_v1_Card, Card__Output as _fedrisk_v1_Card__Output } from './fedrisk/v1/Card.js';
import type { Consent as _fedrisk_v1_Consent, Consent__Output as _fedrisk_v1_Consent__Output } from './fedrisk/v1/Consent.js';
import type { Consented as _fedrisk_v1_Consented, Consented__Output as _fedrisk_v1_Consented__Output } from './fedrisk/v1/Consented.js';
import type { Contribution as _fedrisk_v1_Contribution, Contribution__Output as _fedrisk_v1_Contribution__Output } from './fedrisk/v1/Contribution.js';
import type { Cursor as _fedrisk_v1_Cursor, Cursor__Output as _fedrisk_v1_Cursor__Output } from './fedrisk/v1/Cursor.js';
import type { DownloadRequest as _fedrisk_v1_DownloadRequest, DownloadRequest__Output as _fedrisk_v1_DownloadRequest__Output } from './fedrisk/v1/DownloadRequest.js';
import type { DownloadResponse as _fedrisk_v1_DownloadResponse, DownloadResponse__Output as _fedrisk_v1_DownloadResponse__Output } from './fedrisk/v1/DownloadResponse.js';
import type { Event as _fedrisk_v1_Event, Event__Output as _fedrisk_v1_Event__Output } from './fedrisk/v1/Event.js';
import type { Failed as _fedrisk_v1_Failed, Failed__Output as _fedrisk_v1_Failed__Output } from './fedrisk/v1/Failed.js';
import type { FeatureReport as _fedrisk_v1_FeatureReport, FeatureReport__Output as _fedrisk_v1_FeatureReport__Output } from './fedrisk/v1/FeatureReport.js';
import type { Finished as _fedrisk_v1_Finished, Finished__Output as _fedrisk_v1_Finished__Output } from './fedrisk/v1/Finished.js';
import type { GetUploadRequest as _fedrisk_v1_GetUploadRequest, GetUploadRequest__Output as _fedrisk_v1_GetUploadRequest__Output } from './fedrisk/v1/GetUploadRequest.js';
import type { GetUploadResponse as _fedrisk_v1_GetUploadResponse, GetUploadResponse__Output as _fedrisk_v1_GetUploadResponse__Output } from './fedrisk/v1/GetUploadResponse.js';
import type { Heartbeat as _fedrisk_v1_Heartbeat, Heartbeat__Output as _fedrisk_v1_Heartbeat__Output } from './fedrisk/v1/Heartbeat.js';
import type { Hello as _fedrisk_v1_Hello, Hello__Output as _fedrisk_v1_Hello__Output } from './fedrisk/v1/Hello.js';
import type { JobEvent as _fedrisk_v1_JobEvent, JobEvent__Output as _fedrisk_v1_JobEvent__Output } from './fedrisk/v1/JobEvent.js';
import type { Join as _fedrisk_v1_Join, Join__Output as _fedrisk_v1_Join__Output } from './fedrisk/v1/Join.js';
import type { KeyCommitments as _fedrisk_v1_KeyCommitments, KeyCommitments__Output as _fedrisk_v1_KeyCommitments__Output } from './fedrisk/v1/KeyCommitments.js';
import type { KeysClosed as _fedrisk_v1_KeysClosed, KeysClosed__Output as _fedrisk_v1_KeysClosed__Output } from './fedrisk/v1/KeysClosed.js';
import type { ListCardsRequest as _fedrisk_v1_ListCardsRequest, ListCardsRequest__Output as _fedrisk_v1_ListCardsRequest__Output } from './fedrisk/v1/ListCardsRequest.js';
import type { ListCardsResponse as _fedrisk_v1_ListCardsResponse, ListCardsResponse__Output as _fedrisk_v1_ListCardsResponse__Output } from './fedrisk/v1/ListCardsResponse.js';
import type { Metric as _fedrisk_v1_Metric, Metric__Output as _fedrisk_v1_Metric__Output } from './fedrisk/v1/Metric.js';
import type { NextStep as _fedrisk_v1_NextStep, NextStep__Output as _fedrisk_v1_NextStep__Output } from './fedrisk/v1/NextStep.js';
import type { Parcel as _fedrisk_v1_Parcel, Parcel__Output as _fedrisk_v1_Parcel__Output } from './fedrisk/v1/Parcel.js';
import type { ParticipantServiceClient as _fedrisk_v1_ParticipantServiceClient, ParticipantServiceDefinition as _fedrisk_v1_ParticipantServiceDefinition } from './fedrisk/v1/ParticipantService.js';
import type { Post as _fedrisk_v1_Post, Post__Output as _fedrisk_v1_Post__Output } from './fedrisk/v1/Post.js';
import type { PostAllRequest as _fedrisk_v1_PostAllRequest, PostAllRequest__Output as _fedrisk_v1_PostAllRequest__Output } from './fedrisk/v1/PostAllRequest.js';
import type { PostAllResponse as _fedrisk_v1_PostAllResponse, PostAllResponse__Output as _fedrisk_v1_PostAllResponse__Output } from './fedrisk/v1/PostAllResponse.js';
import type { PostRequest as _fedrisk_v1_PostRequest, PostRequest__Output as _fedrisk_v1_PostRequest__Output } from './fedrisk/v1/PostRequest.js';
import type { PostResponse as _fedrisk_v1_PostResponse, PostResponse__Output as _fedrisk_v1_PostResponse__Output } from './fedrisk/v1/PostResponse.js';
import type { Progress as _fedrisk_v1_Progress, Progress__Output as _fedrisk_v1_Progress__Output } from './fedrisk/v1/Progress.js';
import type { PublishCardRequest as _fedrisk_v1_PublishCardRequest, PublishCardRequest__Output as _fedrisk_v1_PublishCardRequest__Output } from './fedrisk/v1/PublishCardRequest.js';
import type { PublishCardResponse as _fedrisk_v1_PublishCardResponse, PublishCardResponse__Output as _fedrisk_v1_PublishCardResponse__Output } from './fedrisk/v1/PublishCardResponse.js';
import type { Recovery as _fedrisk_v1_Recovery, Recovery__Output as _fedrisk_v1_Recovery__Output } from './fedrisk/v1/Recovery.js';
import type { RecoveryAsked as _fedrisk_v1_RecoveryAsked, RecoveryAsked__Output as _fedrisk_v1_RecoveryAsked__Output } from './fedrisk/v1/RecoveryAsked.js';
import type { Report as _fedrisk_v1_Report, Report__Output as _fedrisk_v1_Report__Output } from './fedrisk/v1/Report.js';
import type { Reveal as _fedrisk_v1_Reveal, Reveal__Output as _fedrisk_v1_Reveal__Output } from './fedrisk/v1/Reveal.js';
import type { Revoked as _fedrisk_v1_Revoked, Revoked__Output as _fedrisk_v1_Revoked__Output } from './fedrisk/v1/Revoked.js';
import type { RosterFixed as _fedrisk_v1_RosterFixed, RosterFixed__Output as _fedrisk_v1_RosterFixed__Output } from './fedrisk/v1/RosterFixed.js';
import type { RosterSignature as _fedrisk_v1_RosterSignature, RosterSignature__Output as _fedrisk_v1_RosterSignature__Output } from './fedrisk/v1/RosterSignature.js';
import type { ScoreAnswer as _fedrisk_v1_ScoreAnswer, ScoreAnswer__Output as _fedrisk_v1_ScoreAnswer__Output } from './fedrisk/v1/ScoreAnswer.js';
import type { ScoreQuestion as _fedrisk_v1_ScoreQuestion, ScoreQuestion__Output as _fedrisk_v1_ScoreQuestion__Output } from './fedrisk/v1/ScoreQuestion.js';
import type { Sealed as _fedrisk_v1_Sealed, Sealed__Output as _fedrisk_v1_Sealed__Output } from './fedrisk/v1/Sealed.js';
import type { SealedScore as _fedrisk_v1_SealedScore, SealedScore__Output as _fedrisk_v1_SealedScore__Output } from './fedrisk/v1/SealedScore.js';
import type { SessionRequest as _fedrisk_v1_SessionRequest, SessionRequest__Output as _fedrisk_v1_SessionRequest__Output } from './fedrisk/v1/SessionRequest.js';
import type { SessionResponse as _fedrisk_v1_SessionResponse, SessionResponse__Output as _fedrisk_v1_SessionResponse__Output } from './fedrisk/v1/SessionResponse.js';
import type { Stalled as _fedrisk_v1_Stalled, Stalled__Output as _fedrisk_v1_Stalled__Output } from './fedrisk/v1/Stalled.js';
import type { StepOpened as _fedrisk_v1_StepOpened, StepOpened__Output as _fedrisk_v1_StepOpened__Output } from './fedrisk/v1/StepOpened.js';
import type { Submitted as _fedrisk_v1_Submitted, Submitted__Output as _fedrisk_v1_Submitted__Output } from './fedrisk/v1/Submitted.js';
import type { SumAgreed as _fedrisk_v1_SumAgreed, SumAgreed__Output as _fedrisk_v1_SumAgreed__Output } from './fedrisk/v1/SumAgreed.js';
import type { SumKey as _fedrisk_v1_SumKey, SumKey__Output as _fedrisk_v1_SumKey__Output } from './fedrisk/v1/SumKey.js';
import type { SumKeys as _fedrisk_v1_SumKeys, SumKeys__Output as _fedrisk_v1_SumKeys__Output } from './fedrisk/v1/SumKeys.js';
import type { SumKeysRequested as _fedrisk_v1_SumKeysRequested, SumKeysRequested__Output as _fedrisk_v1_SumKeysRequested__Output } from './fedrisk/v1/SumKeysRequested.js';
import type { SumReady as _fedrisk_v1_SumReady, SumReady__Output as _fedrisk_v1_SumReady__Output } from './fedrisk/v1/SumReady.js';
import type { SumSkipped as _fedrisk_v1_SumSkipped, SumSkipped__Output as _fedrisk_v1_SumSkipped__Output } from './fedrisk/v1/SumSkipped.js';
import type { SumStarted as _fedrisk_v1_SumStarted, SumStarted__Output as _fedrisk_v1_SumStarted__Output } from './fedrisk/v1/SumStarted.js';
import type { SurvivorSignature as _fedrisk_v1_SurvivorSignature, SurvivorSignature__Output as _fedrisk_v1_SurvivorSignature__Output } from './fedrisk/v1/SurvivorSignature.js';
import type { SurvivorsProposed as _fedrisk_v1_SurvivorsProposed, SurvivorsProposed__Output as _fedrisk_v1_SurvivorsProposed__Output } from './fedrisk/v1/SurvivorsProposed.js';
import type { Timing as _fedrisk_v1_Timing, Timing__Output as _fedrisk_v1_Timing__Output } from './fedrisk/v1/Timing.js';
import type { UploadHeader as _fedrisk_v1_UploadHeader, UploadHeader__Output as _fedrisk_v1_UploadHeader__Output } from './fedrisk/v1/UploadHeader.js';
import type { UploadRequest as _fedrisk_v1_UploadRequest, UploadRequest__Output as _fedrisk_v1_UploadRequest__Output } from './fedrisk/v1/UploadRequest.js';
import type { UploadResponse as _fedrisk_v1_UploadResponse, UploadResponse__Output as _fedrisk_v1_UploadResponse__Output } from './fedrisk/v1/UploadResponse.js';
import type { Welcome as _fedrisk_v1_Welcome, Welcome__Output as _fedrisk_v1_Welcome__Output } from './fedrisk/v1/Welcome.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  fedrisk: {
    v1: {
      Abort: MessageTypeDefinition<_fedrisk_v1_Abort, _fedrisk_v1_Abort__Output>
      Applied: MessageTypeDefinition<_fedrisk_v1_Applied, _fedrisk_v1_Applied__Output>
      AskScoreRequest: MessageTypeDefinition<_fedrisk_v1_AskScoreRequest, _fedrisk_v1_AskScoreRequest__Output>
      AskScoreResponse: MessageTypeDefinition<_fedrisk_v1_AskScoreResponse, _fedrisk_v1_AskScoreResponse__Output>
      Cancelled: MessageTypeDefinition<_fedrisk_v1_Cancelled, _fedrisk_v1_Cancelled__Output>
      Card: MessageTypeDefinition<_fedrisk_v1_Card, _fedrisk_v1_Card__Output>
      Consent: MessageTypeDefinition<_fedrisk_v1_Consent, _fedrisk_v1_Consent__Output>
      Consented: MessageTypeDefinition<_fedrisk_v1_Consented, _fedrisk_v1_Consented__Output>
      Contribution: MessageTypeDefinition<_fedrisk_v1_Contribution, _fedrisk_v1_Contribution__Output>
      Cursor: MessageTypeDefinition<_fedrisk_v1_Cursor, _fedrisk_v1_Cursor__Output>
      DownloadRequest: MessageTypeDefinition<_fedrisk_v1_DownloadRequest, _fedrisk_v1_DownloadRequest__Output>
      DownloadResponse: MessageTypeDefinition<_fedrisk_v1_DownloadResponse, _fedrisk_v1_DownloadResponse__Output>
      Event: MessageTypeDefinition<_fedrisk_v1_Event, _fedrisk_v1_Event__Output>
      Failed: MessageTypeDefinition<_fedrisk_v1_Failed, _fedrisk_v1_Failed__Output>
      FeatureReport: MessageTypeDefinition<_fedrisk_v1_FeatureReport, _fedrisk_v1_FeatureReport__Output>
      Finished: MessageTypeDefinition<_fedrisk_v1_Finished, _fedrisk_v1_Finished__Output>
      GetUploadRequest: MessageTypeDefinition<_fedrisk_v1_GetUploadRequest, _fedrisk_v1_GetUploadRequest__Output>
      GetUploadResponse: MessageTypeDefinition<_fedrisk_v1_GetUploadResponse, _fedrisk_v1_GetUploadResponse__Output>
      Heartbeat: MessageTypeDefinition<_fedrisk_v1_Heartbeat, _fedrisk_v1_Heartbeat__Output>
      Hello: MessageTypeDefinition<_fedrisk_v1_Hello, _fedrisk_v1_Hello__Output>
      JobEvent: MessageTypeDefinition<_fedrisk_v1_JobEvent, _fedrisk_v1_JobEvent__Output>
      Join: MessageTypeDefinition<_fedrisk_v1_Join, _fedrisk_v1_Join__Output>
      KeyCommitments: MessageTypeDefinition<_fedrisk_v1_KeyCommitments, _fedrisk_v1_KeyCommitments__Output>
      KeysClosed: MessageTypeDefinition<_fedrisk_v1_KeysClosed, _fedrisk_v1_KeysClosed__Output>
      ListCardsRequest: MessageTypeDefinition<_fedrisk_v1_ListCardsRequest, _fedrisk_v1_ListCardsRequest__Output>
      ListCardsResponse: MessageTypeDefinition<_fedrisk_v1_ListCardsResponse, _fedrisk_v1_ListCardsResponse__Output>
      Metric: MessageTypeDefinition<_fedrisk_v1_Metric, _fedrisk_v1_Metric__Output>
      NextStep: MessageTypeDefinition<_fedrisk_v1_NextStep, _fedrisk_v1_NextStep__Output>
      Parcel: MessageTypeDefinition<_fedrisk_v1_Parcel, _fedrisk_v1_Parcel__Output>
      ParticipantService: SubtypeConstructor<typeof grpc.Client, _fedrisk_v1_ParticipantServiceClient> & { service: _fedrisk_v1_ParticipantServiceDefinition }
      Post: MessageTypeDefinition<_fedrisk_v1_Post, _fedrisk_v1_Post__Output>
      PostAllRequest: MessageTypeDefinition<_fedrisk_v1_PostAllRequest, _fedrisk_v1_PostAllRequest__Output>
      PostAllResponse: MessageTypeDefinition<_fedrisk_v1_PostAllResponse, _fedrisk_v1_PostAllResponse__Output>
      PostRequest: MessageTypeDefinition<_fedrisk_v1_PostRequest, _fedrisk_v1_PostRequest__Output>
      PostResponse: MessageTypeDefinition<_fedrisk_v1_PostResponse, _fedrisk_v1_PostResponse__Output>
      Progress: MessageTypeDefinition<_fedrisk_v1_Progress, _fedrisk_v1_Progress__Output>
      PublishCardRequest: MessageTypeDefinition<_fedrisk_v1_PublishCardRequest, _fedrisk_v1_PublishCardRequest__Output>
      PublishCardResponse: MessageTypeDefinition<_fedrisk_v1_PublishCardResponse, _fedrisk_v1_PublishCardResponse__Output>
      Recovery: MessageTypeDefinition<_fedrisk_v1_Recovery, _fedrisk_v1_Recovery__Output>
      RecoveryAsked: MessageTypeDefinition<_fedrisk_v1_RecoveryAsked, _fedrisk_v1_RecoveryAsked__Output>
      Report: MessageTypeDefinition<_fedrisk_v1_Report, _fedrisk_v1_Report__Output>
      Reveal: MessageTypeDefinition<_fedrisk_v1_Reveal, _fedrisk_v1_Reveal__Output>
      Revoked: MessageTypeDefinition<_fedrisk_v1_Revoked, _fedrisk_v1_Revoked__Output>
      RosterFixed: MessageTypeDefinition<_fedrisk_v1_RosterFixed, _fedrisk_v1_RosterFixed__Output>
      RosterSignature: MessageTypeDefinition<_fedrisk_v1_RosterSignature, _fedrisk_v1_RosterSignature__Output>
      ScoreAnswer: MessageTypeDefinition<_fedrisk_v1_ScoreAnswer, _fedrisk_v1_ScoreAnswer__Output>
      ScoreQuestion: MessageTypeDefinition<_fedrisk_v1_ScoreQuestion, _fedrisk_v1_ScoreQuestion__Output>
      Sealed: MessageTypeDefinition<_fedrisk_v1_Sealed, _fedrisk_v1_Sealed__Output>
      SealedScore: MessageTypeDefinition<_fedrisk_v1_SealedScore, _fedrisk_v1_SealedScore__Output>
      SessionRequest: MessageTypeDefinition<_fedrisk_v1_SessionRequest, _fedrisk_v1_SessionRequest__Output>
      SessionResponse: MessageTypeDefinition<_fedrisk_v1_SessionResponse, _fedrisk_v1_SessionResponse__Output>
      Stalled: MessageTypeDefinition<_fedrisk_v1_Stalled, _fedrisk_v1_Stalled__Output>
      StepOpened: MessageTypeDefinition<_fedrisk_v1_StepOpened, _fedrisk_v1_StepOpened__Output>
      Submitted: MessageTypeDefinition<_fedrisk_v1_Submitted, _fedrisk_v1_Submitted__Output>
      SumAgreed: MessageTypeDefinition<_fedrisk_v1_SumAgreed, _fedrisk_v1_SumAgreed__Output>
      SumKey: MessageTypeDefinition<_fedrisk_v1_SumKey, _fedrisk_v1_SumKey__Output>
      SumKeys: MessageTypeDefinition<_fedrisk_v1_SumKeys, _fedrisk_v1_SumKeys__Output>
      SumKeysRequested: MessageTypeDefinition<_fedrisk_v1_SumKeysRequested, _fedrisk_v1_SumKeysRequested__Output>
      SumReady: MessageTypeDefinition<_fedrisk_v1_SumReady, _fedrisk_v1_SumReady__Output>
      SumSkipped: MessageTypeDefinition<_fedrisk_v1_SumSkipped, _fedrisk_v1_SumSkipped__Output>
      SumStarted: MessageTypeDefinition<_fedrisk_v1_SumStarted, _fedrisk_v1_SumStarted__Output>
      SurvivorSignature: MessageTypeDefinition<_fedrisk_v1_SurvivorSignature, _fedrisk_v1_SurvivorSignature__Output>
      SurvivorsProposed: MessageTypeDefinition<_fedrisk_v1_SurvivorsProposed, _fedrisk_v1_SurvivorsProposed__Output>
      Timing: MessageTypeDefinition<_fedrisk_v1_Timing, _fedrisk_v1_Timing__Output>
      UploadHeader: MessageTypeDefinition<_fedrisk_v1_UploadHeader, _fedrisk_v1_UploadHeader__Output>
      UploadRequest: MessageTypeDefinition<_fedrisk_v1_UploadRequest, _fedrisk_v1_UploadRequest__Output>
      UploadResponse: MessageTypeDefinition<_fedrisk_v1_UploadResponse, _fedrisk_v1_UploadResponse__Output>
      Welcome: MessageTypeDefinition<_fedrisk_v1_Welcome, _fedrisk_v1_Welcome__Output>
    }
  }
}


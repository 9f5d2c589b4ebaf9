import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Abort as _fedrisk_v1_Abort, Abort__Output as _fedrisk_v1_Abort__Output } from './fedrisk/v1/Abort.js';
import type { Applied as _fedrisk_v1_Applied, Applied__Output as _fedrisk_v1_Applied__Output } from './fedrisk/v1/Applied.js';
import type { CancelJobRequest as _fedrisk_v1_CancelJobRequest, CancelJobRequest__Output as _fedrisk_v1_CancelJobRequest__Output } from './fedrisk/v1/CancelJobRequest.js';
import type { CancelJobResponse as _fedrisk_v1_CancelJobResponse, CancelJobResponse__Output as _fedrisk_v1_CancelJobResponse__Output } from './fedrisk/v1/CancelJobResponse.js';
import type { Cancelled as _fedrisk_v1_Cancelled, Cancelled__Output as _fedrisk_v1_Cancelled__Output } from './fedrisk/v1/Cancelled.js';
import type { Consent as _fedrisk_v1_Consent, Consent__Output as _fedrisk_v1_Consent__Output } from './fedrisk/v1/Consent.js';
import type { Consented as _fedrisk_v1_Consented, Consented__Output as _fedrisk_v1_Consented__Output } from './fedrisk/v1/Consented.js';
import type { Contribution as _fedrisk_v1_Contribution, Contribution__Output as _fedrisk_v1_Contribution__Output } from './fedrisk/v1/Contribution.js';
import type { EstimateJobRequest as _fedrisk_v1_EstimateJobRequest, EstimateJobRequest__Output as _fedrisk_v1_EstimateJobRequest__Output } from './fedrisk/v1/EstimateJobRequest.js';
import type { EstimateJobResponse as _fedrisk_v1_EstimateJobResponse, EstimateJobResponse__Output as _fedrisk_v1_EstimateJobResponse__Output } from './fedrisk/v1/EstimateJobResponse.js';
import type { Event as _fedrisk_v1_Event, Event__Output as _fedrisk_v1_Event__Output } from './fedrisk/v1/Event.js';
import type { Failed as _fedrisk_v1_Failed, Failed__Output as _fedrisk_v1_Failed__Output } from './fedrisk/v1/Failed.js';
import type { FeatureReport as _fedrisk_v1_FeatureReport, FeatureReport__Output as _fedrisk_v1_FeatureReport__Output } from './fedrisk/v1/FeatureReport.js';
import type { Finished as _fedrisk_v1_Finished, Finished__Output as _fedrisk_v1_Finished__Output } from './fedrisk/v1/Finished.js';
import type { GetJobRequest as _fedrisk_v1_GetJobRequest, GetJobRequest__Output as _fedrisk_v1_GetJobRequest__Output } from './fedrisk/v1/GetJobRequest.js';
import type { GetJobResponse as _fedrisk_v1_GetJobResponse, GetJobResponse__Output as _fedrisk_v1_GetJobResponse__Output } from './fedrisk/v1/GetJobResponse.js';
import type { GetRoundRequest as _fedrisk_v1_GetRoundRequest, GetRoundRequest__Output as _fedrisk_v1_GetRoundRequest__Output } from './fedrisk/v1/GetRoundRequest.js';
import type { GetRoundResponse as _fedrisk_v1_GetRoundResponse, GetRoundResponse__Output as _fedrisk_v1_GetRoundResponse__Output } from './fedrisk/v1/GetRoundResponse.js';
import type { JobView as _fedrisk_v1_JobView, JobView__Output as _fedrisk_v1_JobView__Output } from './fedrisk/v1/JobView.js';
import type { JobsServiceClient as _fedrisk_v1_JobsServiceClient, JobsServiceDefinition as _fedrisk_v1_JobsServiceDefinition } from './fedrisk/v1/JobsService.js';
import type { Join as _fedrisk_v1_Join, Join__Output as _fedrisk_v1_Join__Output } from './fedrisk/v1/Join.js';
import type { KeyCommitments as _fedrisk_v1_KeyCommitments, KeyCommitments__Output as _fedrisk_v1_KeyCommitments__Output } from './fedrisk/v1/KeyCommitments.js';
import type { KeysClosed as _fedrisk_v1_KeysClosed, KeysClosed__Output as _fedrisk_v1_KeysClosed__Output } from './fedrisk/v1/KeysClosed.js';
import type { ListJobsRequest as _fedrisk_v1_ListJobsRequest, ListJobsRequest__Output as _fedrisk_v1_ListJobsRequest__Output } from './fedrisk/v1/ListJobsRequest.js';
import type { ListJobsResponse as _fedrisk_v1_ListJobsResponse, ListJobsResponse__Output as _fedrisk_v1_ListJobsResponse__Output } from './fedrisk/v1/ListJobsResponse.js';
import type { ListPartiesRequest as _fedrisk_v1_ListPartiesRequest, ListPartiesRequest__Output as _fedrisk_v1_ListPartiesRequest__Output } from './fedrisk/v1/ListPartiesRequest.js';
import type { ListPartiesResponse as _fedrisk_v1_ListPartiesResponse, ListPartiesResponse__Output as _fedrisk_v1_ListPartiesResponse__Output } from './fedrisk/v1/ListPartiesResponse.js';
import type { ListRoundsRequest as _fedrisk_v1_ListRoundsRequest, ListRoundsRequest__Output as _fedrisk_v1_ListRoundsRequest__Output } from './fedrisk/v1/ListRoundsRequest.js';
import type { ListRoundsResponse as _fedrisk_v1_ListRoundsResponse, ListRoundsResponse__Output as _fedrisk_v1_ListRoundsResponse__Output } from './fedrisk/v1/ListRoundsResponse.js';
import type { Metric as _fedrisk_v1_Metric, Metric__Output as _fedrisk_v1_Metric__Output } from './fedrisk/v1/Metric.js';
import type { NextStep as _fedrisk_v1_NextStep, NextStep__Output as _fedrisk_v1_NextStep__Output } from './fedrisk/v1/NextStep.js';
import type { Parcel as _fedrisk_v1_Parcel, Parcel__Output as _fedrisk_v1_Parcel__Output } from './fedrisk/v1/Parcel.js';
import type { ParcelView as _fedrisk_v1_ParcelView, ParcelView__Output as _fedrisk_v1_ParcelView__Output } from './fedrisk/v1/ParcelView.js';
import type { ParticipantView as _fedrisk_v1_ParticipantView, ParticipantView__Output as _fedrisk_v1_ParticipantView__Output } from './fedrisk/v1/ParticipantView.js';
import type { Party as _fedrisk_v1_Party, Party__Output as _fedrisk_v1_Party__Output } from './fedrisk/v1/Party.js';
import type { Post as _fedrisk_v1_Post, Post__Output as _fedrisk_v1_Post__Output } from './fedrisk/v1/Post.js';
import type { Recovery as _fedrisk_v1_Recovery, Recovery__Output as _fedrisk_v1_Recovery__Output } from './fedrisk/v1/Recovery.js';
import type { RecoveryAsked as _fedrisk_v1_RecoveryAsked, RecoveryAsked__Output as _fedrisk_v1_RecoveryAsked__Output } from './fedrisk/v1/RecoveryAsked.js';
import type { Report as _fedrisk_v1_Report, Report__Output as _fedrisk_v1_Report__Output } from './fedrisk/v1/Report.js';
import type { Reveal as _fedrisk_v1_Reveal, Reveal__Output as _fedrisk_v1_Reveal__Output } from './fedrisk/v1/Reveal.js';
import type { Revoked as _fedrisk_v1_Revoked, Revoked__Output as _fedrisk_v1_Revoked__Output } from './fedrisk/v1/Revoked.js';
import type { RosterFixed as _fedrisk_v1_RosterFixed, RosterFixed__Output as _fedrisk_v1_RosterFixed__Output } from './fedrisk/v1/RosterFixed.js';
import type { RosterSignature as _fedrisk_v1_RosterSignature, RosterSignature__Output as _fedrisk_v1_RosterSignature__Output } from './fedrisk/v1/RosterSignature.js';
import type { RoundParticipant as _fedrisk_v1_RoundParticipant, RoundParticipant__Output as _fedrisk_v1_RoundParticipant__Output } from './fedrisk/v1/RoundParticipant.js';
import type { RoundView as _fedrisk_v1_RoundView, RoundView__Output as _fedrisk_v1_RoundView__Output } from './fedrisk/v1/RoundView.js';
import type { Sealed as _fedrisk_v1_Sealed, Sealed__Output as _fedrisk_v1_Sealed__Output } from './fedrisk/v1/Sealed.js';
import type { Stalled as _fedrisk_v1_Stalled, Stalled__Output as _fedrisk_v1_Stalled__Output } from './fedrisk/v1/Stalled.js';
import type { StepOpened as _fedrisk_v1_StepOpened, StepOpened__Output as _fedrisk_v1_StepOpened__Output } from './fedrisk/v1/StepOpened.js';
import type { StepView as _fedrisk_v1_StepView, StepView__Output as _fedrisk_v1_StepView__Output } from './fedrisk/v1/StepView.js';
import type { SubmitJobRequest as _fedrisk_v1_SubmitJobRequest, SubmitJobRequest__Output as _fedrisk_v1_SubmitJobRequest__Output } from './fedrisk/v1/SubmitJobRequest.js';
import type { SubmitJobResponse as _fedrisk_v1_SubmitJobResponse, SubmitJobResponse__Output as _fedrisk_v1_SubmitJobResponse__Output } from './fedrisk/v1/SubmitJobResponse.js';
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
import type { WatchJobRequest as _fedrisk_v1_WatchJobRequest, WatchJobRequest__Output as _fedrisk_v1_WatchJobRequest__Output } from './fedrisk/v1/WatchJobRequest.js';
import type { WatchJobResponse as _fedrisk_v1_WatchJobResponse, WatchJobResponse__Output as _fedrisk_v1_WatchJobResponse__Output } from './fedrisk/v1/WatchJobResponse.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  fedrisk: {
    v1: {
      Abort: MessageTypeDefinition<_fedrisk_v1_Abort, _fedrisk_v1_Abort__Output>
      Applied: MessageTypeDefinition<_fedrisk_v1_Applied, _fedrisk_v1_Applied__Output>
      CancelJobRequest: MessageTypeDefinition<_fedrisk_v1_CancelJobRequest, _fedrisk_v1_CancelJobRequest__Output>
      CancelJobResponse: MessageTypeDefinition<_fedrisk_v1_CancelJobResponse, _fedrisk_v1_CancelJobResponse__Output>
      Cancelled: MessageTypeDefinition<_fedrisk_v1_Cancelled, _fedrisk_v1_Cancelled__Output>
      Consent: MessageTypeDefinition<_fedrisk_v1_Consent, _fedrisk_v1_Consent__Output>
      Consented: MessageTypeDefinition<_fedrisk_v1_Consented, _fedrisk_v1_Consented__Output>
      Contribution: MessageTypeDefinition<_fedrisk_v1_Contribution, _fedrisk_v1_Contribution__Output>
      EstimateJobRequest: MessageTypeDefinition<_fedrisk_v1_EstimateJobRequest, _fedrisk_v1_EstimateJobRequest__Output>
      EstimateJobResponse: MessageTypeDefinition<_fedrisk_v1_EstimateJobResponse, _fedrisk_v1_EstimateJobResponse__Output>
      Event: MessageTypeDefinition<_fedrisk_v1_Event, _fedrisk_v1_Event__Output>
      Failed: MessageTypeDefinition<_fedrisk_v1_Failed, _fedrisk_v1_Failed__Output>
      FeatureReport: MessageTypeDefinition<_fedrisk_v1_FeatureReport, _fedrisk_v1_FeatureReport__Output>
      Finished: MessageTypeDefinition<_fedrisk_v1_Finished, _fedrisk_v1_Finished__Output>
      GetJobRequest: MessageTypeDefinition<_fedrisk_v1_GetJobRequest, _fedrisk_v1_GetJobRequest__Output>
      GetJobResponse: MessageTypeDefinition<_fedrisk_v1_GetJobResponse, _fedrisk_v1_GetJobResponse__Output>
      GetRoundRequest: MessageTypeDefinition<_fedrisk_v1_GetRoundRequest, _fedrisk_v1_GetRoundRequest__Output>
      GetRoundResponse: MessageTypeDefinition<_fedrisk_v1_GetRoundResponse, _fedrisk_v1_GetRoundResponse__Output>
      JobView: MessageTypeDefinition<_fedrisk_v1_JobView, _fedrisk_v1_JobView__Output>
      JobsService: SubtypeConstructor<typeof grpc.Client, _fedrisk_v1_JobsServiceClient> & { service: _fedrisk_v1_JobsServiceDefinition }
      Join: MessageTypeDefinition<_fedrisk_v1_Join, _fedrisk_v1_Join__Output>
      KeyCommitments: MessageTypeDefinition<_fedrisk_v1_KeyCommitments, _fedrisk_v1_KeyCommitments__Output>
      KeysClosed: MessageTypeDefinition<_fedrisk_v1_KeysClosed, _fedrisk_v1_KeysClosed__Output>
      ListJobsRequest: MessageTypeDefinition<_fedrisk_v1_ListJobsRequest, _fedrisk_v1_ListJobsRequest__Output>
      ListJobsResponse: MessageTypeDefinition<_fedrisk_v1_ListJobsResponse, _fedrisk_v1_ListJobsResponse__Output>
      ListPartiesRequest: MessageTypeDefinition<_fedrisk_v1_ListPartiesRequest, _fedrisk_v1_ListPartiesRequest__Output>
      ListPartiesResponse: MessageTypeDefinition<_fedrisk_v1_ListPartiesResponse, _fedrisk_v1_ListPartiesResponse__Output>
      ListRoundsRequest: MessageTypeDefinition<_fedrisk_v1_ListRoundsRequest, _fedrisk_v1_ListRoundsRequest__Output>
      ListRoundsResponse: MessageTypeDefinition<_fedrisk_v1_ListRoundsResponse, _fedrisk_v1_ListRoundsResponse__Output>
      Metric: MessageTypeDefinition<_fedrisk_v1_Metric, _fedrisk_v1_Metric__Output>
      NextStep: MessageTypeDefinition<_fedrisk_v1_NextStep, _fedrisk_v1_NextStep__Output>
      Parcel: MessageTypeDefinition<_fedrisk_v1_Parcel, _fedrisk_v1_Parcel__Output>
      ParcelView: MessageTypeDefinition<_fedrisk_v1_ParcelView, _fedrisk_v1_ParcelView__Output>
      ParticipantView: MessageTypeDefinition<_fedrisk_v1_ParticipantView, _fedrisk_v1_ParticipantView__Output>
      Party: MessageTypeDefinition<_fedrisk_v1_Party, _fedrisk_v1_Party__Output>
      Post: MessageTypeDefinition<_fedrisk_v1_Post, _fedrisk_v1_Post__Output>
      Recovery: MessageTypeDefinition<_fedrisk_v1_Recovery, _fedrisk_v1_Recovery__Output>
      RecoveryAsked: MessageTypeDefinition<_fedrisk_v1_RecoveryAsked, _fedrisk_v1_RecoveryAsked__Output>
      Report: MessageTypeDefinition<_fedrisk_v1_Report, _fedrisk_v1_Report__Output>
      Reveal: MessageTypeDefinition<_fedrisk_v1_Reveal, _fedrisk_v1_Reveal__Output>
      Revoked: MessageTypeDefinition<_fedrisk_v1_Revoked, _fedrisk_v1_Revoked__Output>
      RosterFixed: MessageTypeDefinition<_fedrisk_v1_RosterFixed, _fedrisk_v1_RosterFixed__Output>
      RosterSignature: MessageTypeDefinition<_fedrisk_v1_RosterSignature, _fedrisk_v1_RosterSignature__Output>
      RoundParticipant: MessageTypeDefinition<_fedrisk_v1_RoundParticipant, _fedrisk_v1_RoundParticipant__Output>
      RoundView: MessageTypeDefinition<_fedrisk_v1_RoundView, _fedrisk_v1_RoundView__Output>
      Sealed: MessageTypeDefinition<_fedrisk_v1_Sealed, _fedrisk_v1_Sealed__Output>
      Stalled: MessageTypeDefinition<_fedrisk_v1_Stalled, _fedrisk_v1_Stalled__Output>
      StepOpened: MessageTypeDefinition<_fedrisk_v1_StepOpened, _fedrisk_v1_StepOpened__Output>
      StepView: MessageTypeDefinition<_fedrisk_v1_StepView, _fedrisk_v1_StepView__Output>
      SubmitJobRequest: MessageTypeDefinition<_fedrisk_v1_SubmitJobRequest, _fedrisk_v1_SubmitJobRequest__Output>
      SubmitJobResponse: MessageTypeDefinition<_fedrisk_v1_SubmitJobResponse, _fedrisk_v1_SubmitJobResponse__Output>
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
      WatchJobRequest: MessageTypeDefinition<_fedrisk_v1_WatchJobRequest, _fedrisk_v1_WatchJobRequest__Output>
      WatchJobResponse: MessageTypeDefinition<_fedrisk_v1_WatchJobResponse, _fedrisk_v1_WatchJobResponse__Output>
    }
  }
}


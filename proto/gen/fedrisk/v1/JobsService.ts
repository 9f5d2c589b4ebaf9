// Original file: proto/fedrisk/v1/jobs.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CancelJobRequest as _fedrisk_v1_CancelJobRequest, CancelJobRequest__Output as _fedrisk_v1_CancelJobRequest__Output } from '../../fedrisk/v1/CancelJobRequest.js';
import type { CancelJobResponse as _fedrisk_v1_CancelJobResponse, CancelJobResponse__Output as _fedrisk_v1_CancelJobResponse__Output } from '../../fedrisk/v1/CancelJobResponse.js';
import type { EstimateJobRequest as _fedrisk_v1_EstimateJobRequest, EstimateJobRequest__Output as _fedrisk_v1_EstimateJobRequest__Output } from '../../fedrisk/v1/EstimateJobRequest.js';
import type { EstimateJobResponse as _fedrisk_v1_EstimateJobResponse, EstimateJobResponse__Output as _fedrisk_v1_EstimateJobResponse__Output } from '../../fedrisk/v1/EstimateJobResponse.js';
import type { GetJobRequest as _fedrisk_v1_GetJobRequest, GetJobRequest__Output as _fedrisk_v1_GetJobRequest__Output } from '../../fedrisk/v1/GetJobRequest.js';
import type { GetJobResponse as _fedrisk_v1_GetJobResponse, GetJobResponse__Output as _fedrisk_v1_GetJobResponse__Output } from '../../fedrisk/v1/GetJobResponse.js';
import type { GetRoundRequest as _fedrisk_v1_GetRoundRequest, GetRoundRequest__Output as _fedrisk_v1_GetRoundRequest__Output } from '../../fedrisk/v1/GetRoundRequest.js';
import type { GetRoundResponse as _fedrisk_v1_GetRoundResponse, GetRoundResponse__Output as _fedrisk_v1_GetRoundResponse__Output } from '../../fedrisk/v1/GetRoundResponse.js';
import type { ListJobsRequest as _fedrisk_v1_ListJobsRequest, ListJobsRequest__Output as _fedrisk_v1_ListJobsRequest__Output } from '../../fedrisk/v1/ListJobsRequest.js';
import type { ListJobsResponse as _fedrisk_v1_ListJobsResponse, ListJobsResponse__Output as _fedrisk_v1_ListJobsResponse__Output } from '../../fedrisk/v1/ListJobsResponse.js';
import type { ListPartiesRequest as _fedrisk_v1_ListPartiesRequest, ListPartiesRequest__Output as _fedrisk_v1_ListPartiesRequest__Output } from '../../fedrisk/v1/ListPartiesRequest.js';
import type { ListPartiesResponse as _fedrisk_v1_ListPartiesResponse, ListPartiesResponse__Output as _fedrisk_v1_ListPartiesResponse__Output } from '../../fedrisk/v1/ListPartiesResponse.js';
import type { ListRoundsRequest as _fedrisk_v1_ListRoundsRequest, ListRoundsRequest__Output as _fedrisk_v1_ListRoundsRequest__Output } from '../../fedrisk/v1/ListRoundsRequest.js';
import type { ListRoundsResponse as _fedrisk_v1_ListRoundsResponse, ListRoundsResponse__Output as _fedrisk_v1_ListRoundsResponse__Output } from '../../fedrisk/v1/ListRoundsResponse.js';
import type { SubmitJobRequest as _fedrisk_v1_SubmitJobRequest, SubmitJobRequest__Output as _fedrisk_v1_SubmitJobRequest__Output } from '../../fedrisk/v1/SubmitJobRequest.js';
import type { SubmitJobResponse as _fedrisk_v1_SubmitJobResponse, SubmitJobResponse__Output as _fedrisk_v1_SubmitJobResponse__Output } from '../../fedrisk/v1/SubmitJobResponse.js';
import type { WatchJobRequest as _fedrisk_v1_WatchJobRequest, WatchJobRequest__Output as _fedrisk_v1_WatchJobRequest__Output } from '../../fedrisk/v1/WatchJobRequest.js';
import type { WatchJobResponse as _fedrisk_v1_WatchJobResponse, WatchJobResponse__Output as _fedrisk_v1_WatchJobResponse__Output } from '../../fedrisk/v1/WatchJobResponse.js';

export interface JobsServiceClient extends grpc.Client {
  CancelJob(argument: _fedrisk_v1_CancelJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_CancelJobResponse__Output>): grpc.ClientUnaryCall;
  CancelJob(argument: _fedrisk_v1_CancelJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_CancelJobResponse__Output>): grpc.ClientUnaryCall;
  CancelJob(argument: _fedrisk_v1_CancelJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_CancelJobResponse__Output>): grpc.ClientUnaryCall;
  CancelJob(argument: _fedrisk_v1_CancelJobRequest, callback: grpc.requestCallback<_fedrisk_v1_CancelJobResponse__Output>): grpc.ClientUnaryCall;
  cancelJob(argument: _fedrisk_v1_CancelJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_CancelJobResponse__Output>): grpc.ClientUnaryCall;
  cancelJob(argument: _fedrisk_v1_CancelJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_CancelJobResponse__Output>): grpc.ClientUnaryCall;
  cancelJob(argument: _fedrisk_v1_CancelJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_CancelJobResponse__Output>): grpc.ClientUnaryCall;
  cancelJob(argument: _fedrisk_v1_CancelJobRequest, callback: grpc.requestCallback<_fedrisk_v1_CancelJobResponse__Output>): grpc.ClientUnaryCall;
  
  EstimateJob(argument: _fedrisk_v1_EstimateJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_EstimateJobResponse__Output>): grpc.ClientUnaryCall;
  EstimateJob(argument: _fedrisk_v1_EstimateJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_EstimateJobResponse__Output>): grpc.ClientUnaryCall;
  EstimateJob(argument: _fedrisk_v1_EstimateJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_EstimateJobResponse__Output>): grpc.ClientUnaryCall;
  EstimateJob(argument: _fedrisk_v1_EstimateJobRequest, callback: grpc.requestCallback<_fedrisk_v1_EstimateJobResponse__Output>): grpc.ClientUnaryCall;
  estimateJob(argument: _fedrisk_v1_EstimateJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_EstimateJobResponse__Output>): grpc.ClientUnaryCall;
  estimateJob(argument: _fedrisk_v1_EstimateJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_EstimateJobResponse__Output>): grpc.ClientUnaryCall;
  estimateJob(argument: _fedrisk_v1_EstimateJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_EstimateJobResponse__Output>): grpc.ClientUnaryCall;
  estimateJob(argument: _fedrisk_v1_EstimateJobRequest, callback: grpc.requestCallback<_fedrisk_v1_EstimateJobResponse__Output>): grpc.ClientUnaryCall;
  
  GetJob(argument: _fedrisk_v1_GetJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_GetJobResponse__Output>): grpc.ClientUnaryCall;
  GetJob(argument: _fedrisk_v1_GetJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_GetJobResponse__Output>): grpc.ClientUnaryCall;
  GetJob(argument: _fedrisk_v1_GetJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_GetJobResponse__Output>): grpc.ClientUnaryCall;
  GetJob(argument: _fedrisk_v1_GetJobRequest, callback: grpc.requestCallback<_fedrisk_v1_GetJobResponse__Output>): grpc.ClientUnaryCall;
  getJob(argument: _fedrisk_v1_GetJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_GetJobResponse__Output>): grpc.ClientUnaryCall;
  getJob(argument: _fedrisk_v1_GetJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_GetJobResponse__Output>): grpc.ClientUnaryCall;
  getJob(argument: _fedrisk_v1_GetJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_GetJobResponse__Output>): grpc.ClientUnaryCall;
  getJob(argument: _fedrisk_v1_GetJobRequest, callback: grpc.requestCallback<_fedrisk_v1_GetJobResponse__Output>): grpc.ClientUnaryCall;
  
  GetRound(argument: _fedrisk_v1_GetRoundRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_GetRoundResponse__Output>): grpc.ClientUnaryCall;
  GetRound(argument: _fedrisk_v1_GetRoundRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_GetRoundResponse__Output>): grpc.ClientUnaryCall;
  GetRound(argument: _fedrisk_v1_GetRoundRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_GetRoundResponse__Output>): grpc.ClientUnaryCall;
  GetRound(argument: _fedrisk_v1_GetRoundRequest, callback: grpc.requestCallback<_fedrisk_v1_GetRoundResponse__Output>): grpc.ClientUnaryCall;
  getRound(argument: _fedrisk_v1_GetRoundRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_GetRoundResponse__Output>): grpc.ClientUnaryCall;
  getRound(argument: _fedrisk_v1_GetRoundRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_GetRoundResponse__Output>): grpc.ClientUnaryCall;
  getRound(argument: _fedrisk_v1_GetRoundRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_GetRoundResponse__Output>): grpc.ClientUnaryCall;
  getRound(argument: _fedrisk_v1_GetRoundRequest, callback: grpc.requestCallback<_fedrisk_v1_GetRoundResponse__Output>): grpc.ClientUnaryCall;
  
  ListJobs(argument: _fedrisk_v1_ListJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _fedrisk_v1_ListJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _fedrisk_v1_ListJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _fedrisk_v1_ListJobsRequest, callback: grpc.requestCallback<_fedrisk_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _fedrisk_v1_ListJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _fedrisk_v1_ListJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _fedrisk_v1_ListJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _fedrisk_v1_ListJobsRequest, callback: grpc.requestCallback<_fedrisk_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  
  ListParties(argument: _fedrisk_v1_ListPartiesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_ListPartiesResponse__Output>): grpc.ClientUnaryCall;
  ListParties(argument: _fedrisk_v1_ListPartiesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_ListPartiesResponse__Output>): grpc.ClientUnaryCall;
  ListParties(argument: _fedrisk_v1_ListPartiesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_ListPartiesResponse__Output>): grpc.ClientUnaryCall;
  ListParties(argument: _fedrisk_v1_ListPartiesRequest, callback: grpc.requestCallback<_fedrisk_v1_ListPartiesResponse__Output>): grpc.ClientUnaryCall;
  listParties(argument: _fedrisk_v1_ListPartiesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_ListPartiesResponse__Output>): grpc.ClientUnaryCall;
  listParties(argument: _fedrisk_v1_ListPartiesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_ListPartiesResponse__Output>): grpc.ClientUnaryCall;
  listParties(argument: _fedrisk_v1_ListPartiesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_ListPartiesResponse__Output>): grpc.ClientUnaryCall;
  listParties(argument: _fedrisk_v1_ListPartiesRequest, callback: grpc.requestCallback<_fedrisk_v1_ListPartiesResponse__Output>): grpc.ClientUnaryCall;
  
  ListRounds(argument: _fedrisk_v1_ListRoundsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_ListRoundsResponse__Output>): grpc.ClientUnaryCall;
  ListRounds(argument: _fedrisk_v1_ListRoundsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_ListRoundsResponse__Output>): grpc.ClientUnaryCall;
  ListRounds(argument: _fedrisk_v1_ListRoundsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_ListRoundsResponse__Output>): grpc.ClientUnaryCall;
  ListRounds(argument: _fedrisk_v1_ListRoundsRequest, callback: grpc.requestCallback<_fedrisk_v1_ListRoundsResponse__Output>): grpc.ClientUnaryCall;
  listRounds(argument: _fedrisk_v1_ListRoundsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_ListRoundsResponse__Output>): grpc.ClientUnaryCall;
  listRounds(argument: _fedrisk_v1_ListRoundsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_ListRoundsResponse__Output>): grpc.ClientUnaryCall;
  listRounds(argument: _fedrisk_v1_ListRoundsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_ListRoundsResponse__Output>): grpc.ClientUnaryCall;
  listRounds(argument: _fedrisk_v1_ListRoundsRequest, callback: grpc.requestCallback<_fedrisk_v1_ListRoundsResponse__Output>): grpc.ClientUnaryCall;
  
  SubmitJob(argument: _fedrisk_v1_SubmitJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_SubmitJobResponse__Output>): grpc.ClientUnaryCall;
  SubmitJob(argument: _fedrisk_v1_SubmitJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_SubmitJobResponse__Output>): grpc.ClientUnaryCall;
  SubmitJob(argument: _fedrisk_v1_SubmitJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_SubmitJobResponse__Output>): grpc.ClientUnaryCall;
  SubmitJob(argument: _fedrisk_v1_SubmitJobRequest, callback: grpc.requestCallback<_fedrisk_v1_SubmitJobResponse__Output>): grpc.ClientUnaryCall;
  submitJob(argument: _fedrisk_v1_SubmitJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_SubmitJobResponse__Output>): grpc.ClientUnaryCall;
  submitJob(argument: _fedrisk_v1_SubmitJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_SubmitJobResponse__Output>): grpc.ClientUnaryCall;
  submitJob(argument: _fedrisk_v1_SubmitJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_SubmitJobResponse__Output>): grpc.ClientUnaryCall;
  submitJob(argument: _fedrisk_v1_SubmitJobRequest, callback: grpc.requestCallback<_fedrisk_v1_SubmitJobResponse__Output>): grpc.ClientUnaryCall;
  
  WatchJob(argument: _fedrisk_v1_WatchJobRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_fedrisk_v1_WatchJobResponse__Output>;
  WatchJob(argument: _fedrisk_v1_WatchJobRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_fedrisk_v1_WatchJobResponse__Output>;
  watchJob(argument: _fedrisk_v1_WatchJobRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_fedrisk_v1_WatchJobResponse__Output>;
  watchJob(argument: _fedrisk_v1_WatchJobRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_fedrisk_v1_WatchJobResponse__Output>;
  
}

export interface JobsServiceHandlers extends grpc.UntypedServiceImplementation {
  CancelJob: grpc.handleUnaryCall<_fedrisk_v1_CancelJobRequest__Output, _fedrisk_v1_CancelJobResponse>;
  
  EstimateJob: grpc.handleUnaryCall<_fedrisk_v1_EstimateJobRequest__Output, _fedrisk_v1_EstimateJobResponse>;
  
  GetJob: grpc.handleUnaryCall<_fedrisk_v1_GetJobRequest__Output, _fedrisk_v1_GetJobResponse>;
  
  GetRound: grpc.handleUnaryCall<_fedrisk_v1_GetRoundRequest__Output, _fedrisk_v1_GetRoundResponse>;
  
  ListJobs: grpc.handleUnaryCall<_fedrisk_v1_ListJobsRequest__Output, _fedrisk_v1_ListJobsResponse>;
  
  ListParties: grpc.handleUnaryCall<_fedrisk_v1_ListPartiesRequest__Output, _fedrisk_v1_ListPartiesResponse>;
  
  ListRounds: grpc.handleUnaryCall<_fedrisk_v1_ListRoundsRequest__Output, _fedrisk_v1_ListRoundsResponse>;
  
  SubmitJob: grpc.handleUnaryCall<_fedrisk_v1_SubmitJobRequest__Output, _fedrisk_v1_SubmitJobResponse>;
  
  WatchJob: grpc.handleServerStreamingCall<_fedrisk_v1_WatchJobRequest__Output, _fedrisk_v1_WatchJobResponse>;
  
}

export interface JobsServiceDefinition extends grpc.ServiceDefinition {
  CancelJob: MethodDefinition<_fedrisk_v1_CancelJobRequest, _fedrisk_v1_CancelJobResponse, _fedrisk_v1_CancelJobRequest__Output, _fedrisk_v1_CancelJobResponse__Output>
  EstimateJob: MethodDefinition<_fedrisk_v1_EstimateJobRequest, _fedrisk_v1_EstimateJobResponse, _fedrisk_v1_EstimateJobRequest__Output, _fedrisk_v1_EstimateJobResponse__Output>
  GetJob: MethodDefinition<_fedrisk_v1_GetJobRequest, _fedrisk_v1_GetJobResponse, _fedrisk_v1_GetJobRequest__Output, _fedrisk_v1_GetJobResponse__Output>
  GetRound: MethodDefinition<_fedrisk_v1_GetRoundRequest, _fedrisk_v1_GetRoundResponse, _fedrisk_v1_GetRoundRequest__Output, _fedrisk_v1_GetRoundResponse__Output>
  ListJobs: MethodDefinition<_fedrisk_v1_ListJobsRequest, _fedrisk_v1_ListJobsResponse, _fedrisk_v1_ListJobsRequest__Output, _fedrisk_v1_ListJobsResponse__Output>
  ListParties: MethodDefinition<_fedrisk_v1_ListPartiesRequest, _fedrisk_v1_ListPartiesResponse, _fedrisk_v1_ListPartiesRequest__Output, _fedrisk_v1_ListPartiesResponse__Output>
  ListRounds: MethodDefinition<_fedrisk_v1_ListRoundsRequest, _fedrisk_v1_ListRoundsResponse, _fedrisk_v1_ListRoundsRequest__Output, _fedrisk_v1_ListRoundsResponse__Output>
  SubmitJob: MethodDefinition<_fedrisk_v1_SubmitJobRequest, _fedrisk_v1_SubmitJobResponse, _fedrisk_v1_SubmitJobRequest__Output, _fedrisk_v1_SubmitJobResponse__Output>
  WatchJob: MethodDefinition<_fedrisk_v1_WatchJobRequest, _fedrisk_v1_WatchJobResponse, _fedrisk_v1_WatchJobRequest__Output, _fedrisk_v1_WatchJobResponse__Output>
}

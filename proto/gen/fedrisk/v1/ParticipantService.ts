// Original file: proto/fedrisk/v1/participant.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AskScoreRequest as _fedrisk_v1_AskScoreRequest, AskScoreRequest__Output as _fedrisk_v1_AskScoreRequest__Output } from '../../fedrisk/v1/AskScoreRequest.js';
import type { AskScoreResponse as _fedrisk_v1_AskScoreResponse, AskScoreResponse__Output as _fedrisk_v1_AskScoreResponse__Output } from '../../fedrisk/v1/AskScoreResponse.js';
import type { DownloadRequest as _fedrisk_v1_DownloadRequest, DownloadRequest__Output as _fedrisk_v1_DownloadRequest__Output } from '../../fedrisk/v1/DownloadRequest.js';
import type { DownloadResponse as _fedrisk_v1_DownloadResponse, DownloadResponse__Output as _fedrisk_v1_DownloadResponse__Output } from '../../fedrisk/v1/DownloadResponse.js';
import type { GetUploadRequest as _fedrisk_v1_GetUploadRequest, GetUploadRequest__Output as _fedrisk_v1_GetUploadRequest__Output } from '../../fedrisk/v1/GetUploadRequest.js';
import type { GetUploadResponse as _fedrisk_v1_GetUploadResponse, GetUploadResponse__Output as _fedrisk_v1_GetUploadResponse__Output } from '../../fedrisk/v1/GetUploadResponse.js';
import type { ListCardsRequest as _fedrisk_v1_ListCardsRequest, ListCardsRequest__Output as _fedrisk_v1_ListCardsRequest__Output } from '../../fedrisk/v1/ListCardsRequest.js';
import type { ListCardsResponse as _fedrisk_v1_ListCardsResponse, ListCardsResponse__Output as _fedrisk_v1_ListCardsResponse__Output } from '../../fedrisk/v1/ListCardsResponse.js';
import type { PostAllRequest as _fedrisk_v1_PostAllRequest, PostAllRequest__Output as _fedrisk_v1_PostAllRequest__Output } from '../../fedrisk/v1/PostAllRequest.js';
import type { PostAllResponse as _fedrisk_v1_PostAllResponse, PostAllResponse__Output as _fedrisk_v1_PostAllResponse__Output } from '../../fedrisk/v1/PostAllResponse.js';
import type { PostRequest as _fedrisk_v1_PostRequest, PostRequest__Output as _fedrisk_v1_PostRequest__Output } from '../../fedrisk/v1/PostRequest.js';
import type { PostResponse as _fedrisk_v1_PostResponse, PostResponse__Output as _fedrisk_v1_PostResponse__Output } from '../../fedrisk/v1/PostResponse.js';
import type { PublishCardRequest as _fedrisk_v1_PublishCardRequest, PublishCardRequest__Output as _fedrisk_v1_PublishCardRequest__Output } from '../../fedrisk/v1/PublishCardRequest.js';
import type { PublishCardResponse as _fedrisk_v1_PublishCardResponse, PublishCardResponse__Output as _fedrisk_v1_PublishCardResponse__Output } from '../../fedrisk/v1/PublishCardResponse.js';
import type { SessionRequest as _fedrisk_v1_SessionRequest, SessionRequest__Output as _fedrisk_v1_SessionRequest__Output } from '../../fedrisk/v1/SessionRequest.js';
import type { SessionResponse as _fedrisk_v1_SessionResponse, SessionResponse__Output as _fedrisk_v1_SessionResponse__Output } from '../../fedrisk/v1/SessionResponse.js';
import type { UploadRequest as _fedrisk_v1_UploadRequest, UploadRequest__Output as _fedrisk_v1_UploadRequest__Output } from '../../fedrisk/v1/UploadRequest.js';
import type { UploadResponse as _fedrisk_v1_UploadResponse, UploadResponse__Output as _fedrisk_v1_UploadResponse__Output } from '../../fedrisk/v1/UploadResponse.js';

export interface ParticipantServiceClient extends grpc.Client {
  AskScore(argument: _fedrisk_v1_AskScoreRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_AskScoreResponse__Output>): grpc.ClientUnaryCall;
  AskScore(argument: _fedrisk_v1_AskScoreRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_AskScoreResponse__Output>): grpc.ClientUnaryCall;
  AskScore(argument: _fedrisk_v1_AskScoreRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_AskScoreResponse__Output>): grpc.ClientUnaryCall;
  AskScore(argument: _fedrisk_v1_AskScoreRequest, callback: grpc.requestCallback<_fedrisk_v1_AskScoreResponse__Output>): grpc.ClientUnaryCall;
  askScore(argument: _fedrisk_v1_AskScoreRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_AskScoreResponse__Output>): grpc.ClientUnaryCall;
  askScore(argument: _fedrisk_v1_AskScoreRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_AskScoreResponse__Output>): grpc.ClientUnaryCall;
  askScore(argument: _fedrisk_v1_AskScoreRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_AskScoreResponse__Output>): grpc.ClientUnaryCall;
  askScore(argument: _fedrisk_v1_AskScoreRequest, callback: grpc.requestCallback<_fedrisk_v1_AskScoreResponse__Output>): grpc.ClientUnaryCall;
  
  Download(argument: _fedrisk_v1_DownloadRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_fedrisk_v1_DownloadResponse__Output>;
  Download(argument: _fedrisk_v1_DownloadRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_fedrisk_v1_DownloadResponse__Output>;
  download(argument: _fedrisk_v1_DownloadRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_fedrisk_v1_DownloadResponse__Output>;
  download(argument: _fedrisk_v1_DownloadRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_fedrisk_v1_DownloadResponse__Output>;
  
  GetUpload(argument: _fedrisk_v1_GetUploadRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_GetUploadResponse__Output>): grpc.ClientUnaryCall;
  GetUpload(argument: _fedrisk_v1_GetUploadRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_GetUploadResponse__Output>): grpc.ClientUnaryCall;
  GetUpload(argument: _fedrisk_v1_GetUploadRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_GetUploadResponse__Output>): grpc.ClientUnaryCall;
  GetUpload(argument: _fedrisk_v1_GetUploadRequest, callback: grpc.requestCallback<_fedrisk_v1_GetUploadResponse__Output>): grpc.ClientUnaryCall;
  getUpload(argument: _fedrisk_v1_GetUploadRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_GetUploadResponse__Output>): grpc.ClientUnaryCall;
  getUpload(argument: _fedrisk_v1_GetUploadRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_GetUploadResponse__Output>): grpc.ClientUnaryCall;
  getUpload(argument: _fedrisk_v1_GetUploadRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_GetUploadResponse__Output>): grpc.ClientUnaryCall;
  getUpload(argument: _fedrisk_v1_GetUploadRequest, callback: grpc.requestCallback<_fedrisk_v1_GetUploadResponse__Output>): grpc.ClientUnaryCall;
  
  ListCards(argument: _fedrisk_v1_ListCardsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_ListCardsResponse__Output>): grpc.ClientUnaryCall;
  ListCards(argument: _fedrisk_v1_ListCardsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_ListCardsResponse__Output>): grpc.ClientUnaryCall;
  ListCards(argument: _fedrisk_v1_ListCardsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_ListCardsResponse__Output>): grpc.ClientUnaryCall;
  ListCards(argument: _fedrisk_v1_ListCardsRequest, callback: grpc.requestCallback<_fedrisk_v1_ListCardsResponse__Output>): grpc.ClientUnaryCall;
  listCards(argument: _fedrisk_v1_ListCardsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_ListCardsResponse__Output>): grpc.ClientUnaryCall;
  listCards(argument: _fedrisk_v1_ListCardsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_ListCardsResponse__Output>): grpc.ClientUnaryCall;
  listCards(argument: _fedrisk_v1_ListCardsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_ListCardsResponse__Output>): grpc.ClientUnaryCall;
  listCards(argument: _fedrisk_v1_ListCardsRequest, callback: grpc.requestCallback<_fedrisk_v1_ListCardsResponse__Output>): grpc.ClientUnaryCall;
  
  Post(argument: _fedrisk_v1_PostRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_PostResponse__Output>): grpc.ClientUnaryCall;
  Post(argument: _fedrisk_v1_PostRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_PostResponse__Output>): grpc.ClientUnaryCall;
  Post(argument: _fedrisk_v1_PostRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_PostResponse__Output>): grpc.ClientUnaryCall;
  Post(argument: _fedrisk_v1_PostRequest, callback: grpc.requestCallback<_fedrisk_v1_PostResponse__Output>): grpc.ClientUnaryCall;
  post(argument: _fedrisk_v1_PostRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_PostResponse__Output>): grpc.ClientUnaryCall;
  post(argument: _fedrisk_v1_PostRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_PostResponse__Output>): grpc.ClientUnaryCall;
  post(argument: _fedrisk_v1_PostRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_PostResponse__Output>): grpc.ClientUnaryCall;
  post(argument: _fedrisk_v1_PostRequest, callback: grpc.requestCallback<_fedrisk_v1_PostResponse__Output>): grpc.ClientUnaryCall;
  
  PostAll(argument: _fedrisk_v1_PostAllRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_PostAllResponse__Output>): grpc.ClientUnaryCall;
  PostAll(argument: _fedrisk_v1_PostAllRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_PostAllResponse__Output>): grpc.ClientUnaryCall;
  PostAll(argument: _fedrisk_v1_PostAllRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_PostAllResponse__Output>): grpc.ClientUnaryCall;
  PostAll(argument: _fedrisk_v1_PostAllRequest, callback: grpc.requestCallback<_fedrisk_v1_PostAllResponse__Output>): grpc.ClientUnaryCall;
  postAll(argument: _fedrisk_v1_PostAllRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_PostAllResponse__Output>): grpc.ClientUnaryCall;
  postAll(argument: _fedrisk_v1_PostAllRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_PostAllResponse__Output>): grpc.ClientUnaryCall;
  postAll(argument: _fedrisk_v1_PostAllRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_PostAllResponse__Output>): grpc.ClientUnaryCall;
  postAll(argument: _fedrisk_v1_PostAllRequest, callback: grpc.requestCallback<_fedrisk_v1_PostAllResponse__Output>): grpc.ClientUnaryCall;
  
  PublishCard(argument: _fedrisk_v1_PublishCardRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_PublishCardResponse__Output>): grpc.ClientUnaryCall;
  PublishCard(argument: _fedrisk_v1_PublishCardRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_PublishCardResponse__Output>): grpc.ClientUnaryCall;
  PublishCard(argument: _fedrisk_v1_PublishCardRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_PublishCardResponse__Output>): grpc.ClientUnaryCall;
  PublishCard(argument: _fedrisk_v1_PublishCardRequest, callback: grpc.requestCallback<_fedrisk_v1_PublishCardResponse__Output>): grpc.ClientUnaryCall;
  publishCard(argument: _fedrisk_v1_PublishCardRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_PublishCardResponse__Output>): grpc.ClientUnaryCall;
  publishCard(argument: _fedrisk_v1_PublishCardRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_PublishCardResponse__Output>): grpc.ClientUnaryCall;
  publishCard(argument: _fedrisk_v1_PublishCardRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_PublishCardResponse__Output>): grpc.ClientUnaryCall;
  publishCard(argument: _fedrisk_v1_PublishCardRequest, callback: grpc.requestCallback<_fedrisk_v1_PublishCardResponse__Output>): grpc.ClientUnaryCall;
  
  Session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_fedrisk_v1_SessionRequest, _fedrisk_v1_SessionResponse__Output>;
  Session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_fedrisk_v1_SessionRequest, _fedrisk_v1_SessionResponse__Output>;
  session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_fedrisk_v1_SessionRequest, _fedrisk_v1_SessionResponse__Output>;
  session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_fedrisk_v1_SessionRequest, _fedrisk_v1_SessionResponse__Output>;
  
  Upload(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_UploadResponse__Output>): grpc.ClientWritableStream<_fedrisk_v1_UploadRequest>;
  Upload(metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_UploadResponse__Output>): grpc.ClientWritableStream<_fedrisk_v1_UploadRequest>;
  Upload(options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_UploadResponse__Output>): grpc.ClientWritableStream<_fedrisk_v1_UploadRequest>;
  Upload(callback: grpc.requestCallback<_fedrisk_v1_UploadResponse__Output>): grpc.ClientWritableStream<_fedrisk_v1_UploadRequest>;
  upload(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_UploadResponse__Output>): grpc.ClientWritableStream<_fedrisk_v1_UploadRequest>;
  upload(metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_UploadResponse__Output>): grpc.ClientWritableStream<_fedrisk_v1_UploadRequest>;
  upload(options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_UploadResponse__Output>): grpc.ClientWritableStream<_fedrisk_v1_UploadRequest>;
  upload(callback: grpc.requestCallback<_fedrisk_v1_UploadResponse__Output>): grpc.ClientWritableStream<_fedrisk_v1_UploadRequest>;
  
}

export interface ParticipantServiceHandlers extends grpc.UntypedServiceImplementation {
  AskScore: grpc.handleUnaryCall<_fedrisk_v1_AskScoreRequest__Output, _fedrisk_v1_AskScoreResponse>;
  
  Download: grpc.handleServerStreamingCall<_fedrisk_v1_DownloadRequest__Output, _fedrisk_v1_DownloadResponse>;
  
  GetUpload: grpc.handleUnaryCall<_fedrisk_v1_GetUploadRequest__Output, _fedrisk_v1_GetUploadResponse>;
  
  ListCards: grpc.handleUnaryCall<_fedrisk_v1_ListCardsRequest__Output, _fedrisk_v1_ListCardsResponse>;
  
  Post: grpc.handleUnaryCall<_fedrisk_v1_PostRequest__Output, _fedrisk_v1_PostResponse>;
  
  PostAll: grpc.handleUnaryCall<_fedrisk_v1_PostAllRequest__Output, _fedrisk_v1_PostAllResponse>;
  
  PublishCard: grpc.handleUnaryCall<_fedrisk_v1_PublishCardRequest__Output, _fedrisk_v1_PublishCardResponse>;
  
  Session: grpc.handleBidiStreamingCall<_fedrisk_v1_SessionRequest__Output, _fedrisk_v1_SessionResponse>;
  
  Upload: grpc.handleClientStreamingCall<_fedrisk_v1_UploadRequest__Output, _fedrisk_v1_UploadResponse>;
  
}

export interface ParticipantServiceDefinition extends grpc.ServiceDefinition {
  AskScore: MethodDefinition<_fedrisk_v1_AskScoreRequest, _fedrisk_v1_AskScoreResponse, _fedrisk_v1_AskScoreRequest__Output, _fedrisk_v1_AskScoreResponse__Output>
  Download: MethodDefinition<_fedrisk_v1_DownloadRequest, _fedrisk_v1_DownloadResponse, _fedrisk_v1_DownloadRequest__Output, _fedrisk_v1_DownloadResponse__Output>
  GetUpload: MethodDefinition<_fedrisk_v1_GetUploadRequest, _fedrisk_v1_GetUploadResponse, _fedrisk_v1_GetUploadRequest__Output, _fedrisk_v1_GetUploadResponse__Output>
  ListCards: MethodDefinition<_fedrisk_v1_ListCardsRequest, _fedrisk_v1_ListCardsResponse, _fedrisk_v1_ListCardsRequest__Output, _fedrisk_v1_ListCardsResponse__Output>
  Post: MethodDefinition<_fedrisk_v1_PostRequest, _fedrisk_v1_PostResponse, _fedrisk_v1_PostRequest__Output, _fedrisk_v1_PostResponse__Output>
  PostAll: MethodDefinition<_fedrisk_v1_PostAllRequest, _fedrisk_v1_PostAllResponse, _fedrisk_v1_PostAllRequest__Output, _fedrisk_v1_PostAllResponse__Output>
  PublishCard: MethodDefinition<_fedrisk_v1_PublishCardRequest, _fedrisk_v1_PublishCardResponse, _fedrisk_v1_PublishCardRequest__Output, _fedrisk_v1_PublishCardResponse__Output>
  Session: MethodDefinition<_fedrisk_v1_SessionRequest, _fedrisk_v1_SessionResponse, _fedrisk_v1_SessionRequest__Output, _fedrisk_v1_SessionResponse__Output>
  Upload: MethodDefinition<_fedrisk_v1_UploadRequest, _fedrisk_v1_UploadResponse, _fedrisk_v1_UploadRequest__Output, _fedrisk_v1_UploadResponse__Output>
}

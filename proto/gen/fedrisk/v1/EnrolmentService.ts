// Original file: proto/fedrisk/v1/enrolment.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { EnrollRequest as _fedrisk_v1_EnrollRequest, EnrollRequest__Output as _fedrisk_v1_EnrollRequest__Output } from '../../fedrisk/v1/EnrollRequest.js';
import type { EnrollResponse as _fedrisk_v1_EnrollResponse, EnrollResponse__Output as _fedrisk_v1_EnrollResponse__Output } from '../../fedrisk/v1/EnrollResponse.js';

export interface EnrolmentServiceClient extends grpc.Client {
  Enroll(argument: _fedrisk_v1_EnrollRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  Enroll(argument: _fedrisk_v1_EnrollRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  Enroll(argument: _fedrisk_v1_EnrollRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  Enroll(argument: _fedrisk_v1_EnrollRequest, callback: grpc.requestCallback<_fedrisk_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  enroll(argument: _fedrisk_v1_EnrollRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  enroll(argument: _fedrisk_v1_EnrollRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fedrisk_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  enroll(argument: _fedrisk_v1_EnrollRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fedrisk_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  enroll(argument: _fedrisk_v1_EnrollRequest, callback: grpc.requestCallback<_fedrisk_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface EnrolmentServiceHandlers extends grpc.UntypedServiceImplementation {
  Enroll: grpc.handleUnaryCall<_fedrisk_v1_EnrollRequest__Output, _fedrisk_v1_EnrollResponse>;
  
}

export interface EnrolmentServiceDefinition extends grpc.ServiceDefinition {
  Enroll: MethodDefinition<_fedrisk_v1_EnrollRequest, _fedrisk_v1_EnrollResponse, _fedrisk_v1_EnrollRequest__Output, _fedrisk_v1_EnrollResponse__Output>
}

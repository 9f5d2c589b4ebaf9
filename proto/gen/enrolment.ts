import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { EnrollRequest as _fedrisk_v1_EnrollRequest, EnrollRequest__Output as _fedrisk_v1_EnrollRequest__Output } from './fedrisk/v1/EnrollRequest.js';
import type { EnrollResponse as _fedrisk_v1_EnrollResponse, EnrollResponse__Output as _fedrisk_v1_EnrollResponse__Output } from './fedrisk/v1/EnrollResponse.js';
import type { EnrolmentServiceClient as _fedrisk_v1_EnrolmentServiceClient, EnrolmentServiceDefinition as _fedrisk_v1_EnrolmentServiceDefinition } from './fedrisk/v1/EnrolmentService.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  fedrisk: {
    v1: {
      EnrollRequest: MessageTypeDefinition<_fedrisk_v1_EnrollRequest, _fedrisk_v1_EnrollRequest__Output>
      EnrollResponse: MessageTypeDefinition<_fedrisk_v1_EnrollResponse, _fedrisk_v1_EnrollResponse__Output>
      EnrolmentService: SubtypeConstructor<typeof grpc.Client, _fedrisk_v1_EnrolmentServiceClient> & { service: _fedrisk_v1_EnrolmentServiceDefinition }
    }
  }
}


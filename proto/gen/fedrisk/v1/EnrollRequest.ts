// Original file: proto/fedrisk/v1/enrolment.proto


export interface EnrollRequest {
  'invitationId'?: (string);
  'secret'?: (string);
  'csrDer'?: (Buffer | Uint8Array | string);
  'identityKey'?: (string);
  'identitySignature'?: (string);
}

export interface EnrollRequest__Output {
  'invitationId': (string);
  'secret': (string);
  'csrDer': (Buffer);
  'identityKey': (string);
  'identitySignature': (string);
}

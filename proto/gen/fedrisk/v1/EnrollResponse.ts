// Original file: proto/fedrisk/v1/enrolment.proto


export interface EnrollResponse {
  'certificatePem'?: (string);
  'caPem'?: (string);
  'name'?: (string);
  'organisation'?: (string);
  'role'?: (string);
}

export interface EnrollResponse__Output {
  'certificatePem': (string);
  'caPem': (string);
  'name': (string);
  'organisation': (string);
  'role': (string);
}

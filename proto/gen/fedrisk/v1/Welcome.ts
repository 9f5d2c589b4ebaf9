// Original file: proto/fedrisk/v1/participant.proto


export interface Welcome {
  'version'?: (string);
  'heartbeatMs'?: (number);
}

export interface Welcome__Output {
  'version': (string);
  'heartbeatMs': (number);
}

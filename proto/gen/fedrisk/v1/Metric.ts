// Original file: proto/fedrisk/v1/transcript.proto


export interface Metric {
  'name'?: (string);
  'round'?: (number);
  'value'?: (number | string);
}

export interface Metric__Output {
  'name': (string);
  'round': (number);
  'value': (number);
}

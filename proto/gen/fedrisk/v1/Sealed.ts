// Original file: proto/fedrisk/v1/transcript.proto


export interface Sealed {
  'to'?: (string);
  'purpose'?: (string);
  'sum'?: (number);
  'seq'?: (number);
  'last'?: (boolean);
  'enc'?: (Buffer | Uint8Array | string);
  'ciphertext'?: (Buffer | Uint8Array | string);
  'signature'?: (string);
}

export interface Sealed__Output {
  'to': (string);
  'purpose': (string);
  'sum': (number);
  'seq': (number);
  'last': (boolean);
  'enc': (Buffer);
  'ciphertext': (Buffer);
  'signature': (string);
}

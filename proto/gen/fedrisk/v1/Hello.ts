// Original file: proto/fedrisk/v1/participant.proto

import type { Cursor as _fedrisk_v1_Cursor, Cursor__Output as _fedrisk_v1_Cursor__Output } from '../../fedrisk/v1/Cursor.js';

export interface Hello {
  'version'?: (string);
  'cursors'?: (_fedrisk_v1_Cursor)[];
  'takesPacked'?: (boolean);
}

export interface Hello__Output {
  'version': (string);
  'cursors': (_fedrisk_v1_Cursor__Output)[];
  'takesPacked': (boolean);
}

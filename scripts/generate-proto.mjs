// Generates proto/gen from proto/fedrisk/v1 with proto-loader's own generator.
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';

const files = readdirSync('proto/fedrisk/v1').filter((name) => name.endsWith('.proto'));
rmSync('proto/gen', { recursive: true, force: true });
execFileSync(
  'node_modules/.bin/proto-loader-gen-types',
  [
    '-I=proto',
    '--grpcLib=@grpc/grpc-js',
    '--importFileExtension=.js',
    '--longs=Number',
    '--enums=String',
    '--defaults',
    '--oneofs',
    '-O=proto/gen',
    '--',
    ...files.map((name) => `fedrisk/v1/${name}`),
  ],
  { stdio: 'inherit' },
);

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import type { ProtoGrpcType as EnrolmentTypes } from './gen/enrolment.js';
import type { ProtoGrpcType as JobsTypes } from './gen/jobs.js';
import type { ProtoGrpcType as ParticipantTypes } from './gen/participant.js';

type ProtoGrpcType = EnrolmentTypes & JobsTypes & ParticipantTypes;

/** The folder of the .proto files, from sources and from dist alike. */
function protoFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return join(folder, 'proto');
}

/** The wire contract as proto-loader reads it; the reflection service serves it too. */
export const packageDefinition: PackageDefinition = loadSync(
  ['fedrisk/v1/enrolment.proto', 'fedrisk/v1/jobs.proto', 'fedrisk/v1/participant.proto'],
  { includeDirs: [protoFolder()], longs: Number, enums: String, defaults: true, oneofs: true },
);

/** Client and service constructors of fedrisk.v1. */
export const wire = (loadPackageDefinition(packageDefinition) as unknown as ProtoGrpcType).fedrisk.v1;

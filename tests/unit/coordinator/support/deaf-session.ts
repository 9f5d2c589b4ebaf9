import { connect } from 'node:http2';
import { coordinatorServerName, privateKeyPem, readClientHome } from '../../../../crypto/identity/index.js';
import { homeKeys } from '../../../../participant/keystore/index.js';
import type { SessionRequest } from '../../../../proto/gen/fedrisk/v1/SessionRequest.js';
import { wire } from '../../../../proto/index.js';

const { path, requestSerialize } = wire.ParticipantService.service.Session;

/** A session on bare HTTP/2 that says all it should and reads nothing: grpc-js itself would go on reading. */
export async function deafSession(home: string, address: string) {
  const { certificatePem, authorityPem, secrets, config } = await readClientHome(home);
  const key = privateKeyPem(homeKeys(secrets, config.role).tlsKey);
  const tls = { ca: authorityPem, cert: certificatePem, key, servername: coordinatorServerName };
  const connection = connect(`https://${address}`, tls);
  const stream = connection.request({
    ...{ ':method': 'POST', ':path': path },
    ...{ 'content-type': 'application/grpc+proto', te: 'trailers' },
  });
  const say = (message: SessionRequest) => {
    if (stream.writable) stream.write(framed(requestSerialize(message)));
  };
  say({ hello: { version: '0.2.0', cursors: [] } });
  const beat = setInterval(() => say({ heartbeat: {} }), 100);
  /** Resolves with the HTTP/2 code that the coordinator closed the stream with. */
  const closed = new Promise<number>((resolve) => {
    stream.on('close', () => resolve(stream.rstCode ?? 0));
  });
  stream.on('error', () => undefined);
  const end = () => {
    clearInterval(beat);
    connection.destroy();
  };
  return { closed, end };
}

/** A message as gRPC sends it: not compressed, with its length. */
function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

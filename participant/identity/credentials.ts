import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';
import { type HexDigest, limits, type Secret } from '../../contract/index.js';
import {
  type ClientConfig,
  certificateFingerprint,
  coordinatorServerName,
  privateKeyPem,
  readClientHome,
} from '../../crypto/identity/index.js';
import { type HomeKeys, homeKeys } from '../keystore/index.js';

/** How to reach the coordinator as this home. */
export interface Dial {
  /** `host:port` of the coordinator's main port. */
  readonly address: string;
  /** Of its replicas, for who stays: they are dialled in turn when one does not answer. */
  readonly otherAddresses?: readonly string[];
  /** Mutual TLS; the pinned CA is the only root. */
  readonly channel: ChannelCredentials;
  readonly channelOptions: ChannelOptions;
}

/** What a process needs to call the coordinator in the name of a home. */
export interface HomeCredentials extends Dial {
  readonly config: ClientConfig;
  readonly certificateFingerprint: HexDigest;
  readonly certificatePem: string;
  /** Of participants: identity signer and journal key. */
  readonly participant?: HomeKeys['participant'];
}

/** Every call to the coordinator but the long streams ends after this long. */
export const callTimeoutMs = 10_000;

/** @throws {CodedError} HOME_INVALID, KEYSTORE_LOCKED */
export async function homeCredentials(home: string, passphrase?: Secret): Promise<HomeCredentials> {
  const { config, certificatePem, authorityPem, secrets } = await readClientHome(home, passphrase);
  const { tlsKey, participant } = homeKeys(secrets, config.role);
  return {
    config,
    address: config.coordinator.address,
    channel: credentials.createSsl(
      Buffer.from(authorityPem),
      privateKeyPem(tlsKey),
      Buffer.from(certificatePem),
    ),
    channelOptions,
    certificateFingerprint: certificateFingerprint(certificatePem),
    certificatePem,
    ...(participant && { participant }),
  };
}

/**
 * The coordinator is expected under its fixed name whatever address is dialled: only its own certificate carries
 * that name, and only the pinned CA can issue one.
 */
export const channelOptions: ChannelOptions = {
  'grpc.ssl_target_name_override': coordinatorServerName,
  'grpc.default_authority': coordinatorServerName,
  'grpc.max_receive_message_length': limits.messageBytes,
  'grpc.max_send_message_length': limits.messageBytes,
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
};

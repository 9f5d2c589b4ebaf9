import { CodedError, toCodedError } from '../../contract/index.js';
import { type Card, isParticipantRole, signCard, verifyCard } from '../../crypto/identity/index.js';
import type { ListCardsResponse__Output } from '../../proto/gen/fedrisk/v1/ListCardsResponse.js';
import { wire } from '../../proto/index.js';
import type { HomeCredentials } from './credentials.js';
import { unaryCall } from './unary-call.js';

/** This participant's card. @throws {CodedError} ROLE_FORBIDDEN for people, who have none. */
export function ownCard({ config, participant, certificateFingerprint }: HomeCredentials): Card {
  const { name, organisation, role: kind } = config;
  if (!isParticipantRole(kind) || !participant) {
    throw new CodedError('ROLE_FORBIDDEN', `a ${kind} has no card`);
  }
  return signCard(participant.signer, { name, organisation, kind, certificateFingerprint });
}

/** Puts the own card into the coordinator's directory; doing it again changes nothing. */
export async function publishCard(credentials: HomeCredentials): Promise<void> {
  await withClient(credentials, (client) =>
    unaryCall((...rest) => client.PublishCard({ card: ownCard(credentials) }, ...rest)),
  );
}

/**
 * The directory, without the own card. The coordinator is foreign: cards that do not verify, or a name that
 * stands twice, end the listing.
 * @throws {CodedError} SIGNATURE_INVALID, MESSAGE_MALFORMED, COORDINATOR_UNREACHABLE and what the call gives.
 */
export async function fetchCards(credentials: HomeCredentials): Promise<Card[]> {
  const { cards } = await withClient(credentials, (client) =>
    unaryCall<ListCardsResponse__Output>((...rest) => client.ListCards({}, ...rest)),
  );
  const verified = cards.map(verifyCard);
  if (new Set(verified.map(({ name }) => name)).size < verified.length) {
    throw new CodedError('MESSAGE_MALFORMED', 'the directory names a participant twice');
  }
  return verified.filter(({ name }) => name !== credentials.config.name);
}

type Client = InstanceType<typeof wire.ParticipantService>;

/** The replicas are asked in turn while none answers. */
async function withClient<T>(
  { address, otherAddresses = [], channel, channelOptions }: HomeCredentials,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const silent: string[] = [];
  for (const each of [address, ...otherAddresses]) {
    const client = new wire.ParticipantService(each, channel, channelOptions);
    try {
      return await use(client);
    } catch (thrown) {
      const error = toCodedError(thrown);
      if (error.code !== 'COORDINATOR_UNREACHABLE') throw error;
      silent.push(`${each}: ${error.message}`);
    } finally {
      client.close();
    }
  }
  throw new CodedError('COORDINATOR_UNREACHABLE', silent.join('; '));
}

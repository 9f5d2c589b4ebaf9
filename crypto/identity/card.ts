import { z } from 'zod';
import {
  CodedError,
  digestOf,
  type HexDigest,
  hex,
  hexDigest,
  participantName,
} from '../../contract/index.js';
import { type Signer, verifySignature } from './signature.js';
import { organisation } from './subject.js';

/** A participant's card, as peers see it in the directory: foreign until its signature and pin are checked. */
export const card = z.strictObject({
  name: participantName,
  organisation,
  kind: z.enum(['bank', 'platform']),
  identityKey: hex(32),
  certificateFingerprint: hexDigest,
  signature: hex(64),
});
export type Card = z.infer<typeof card>;

type Unsigned = Omit<Card, 'signature' | 'identityKey'>;

/** The identity key cross-signs the certificate, so a CA that issues a second one does not get a card for it. */
export function signCard(signer: Signer, fields: Unsigned): Card {
  const unsigned = { ...fields, identityKey: signer.publicKey };
  return { ...unsigned, signature: signer.sign(cardDigest(unsigned)) };
}

/**
 * Parses a card off the wire and checks that its own key signed it; whether that key is the right one is for
 * the caller's pins to say.
 * @throws {CodedError} MESSAGE_MALFORMED, or SIGNATURE_INVALID naming the card's owner.
 */
export function verifyCard(foreign: unknown): Card {
  const parsed = card.safeParse(foreign);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new CodedError('MESSAGE_MALFORMED', `card: ${issue?.path.map(String).join('.')} ${issue?.message}`);
  }
  const { signature, ...unsigned } = parsed.data;
  if (!verifySignature(unsigned.identityKey, cardDigest(unsigned), signature)) {
    throw new CodedError('SIGNATURE_INVALID', `the card of ${unsigned.name} is not signed by its own key`, {
      parties: [unsigned.name],
    });
  }
  return parsed.data;
}

function cardDigest(unsigned: Omit<Card, 'signature'>): HexDigest {
  const { name, organisation, kind, identityKey, certificateFingerprint } = unsigned;
  return digestOf('fedrisk/v1/card', { name, organisation, kind, identityKey, certificateFingerprint });
}

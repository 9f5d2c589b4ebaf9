import { z } from 'zod';
import { participantName } from '../../contract/index.js';

/** What a certificate allows its holder to do; stands in the certificate as OU. */
export const roles = ['bank', 'platform', 'scientist', 'operator', 'auditor'] as const;
export type Role = (typeof roles)[number];
export const role = z.enum(roles);

/** Legal entity; stands in the certificate as O. Control characters could forge lines in logs and tables. */
export const organisation = z
  .string()
  .min(1)
  .max(80)
  .refine(
    (value) => value.isWellFormed() && !/\p{Cc}|\p{Cf}/u.test(value),
    'must not hold control characters',
  )
  .refine((value) => value.trim() === value, 'must not begin or end with blanks');

/** Who a certificate is made out to: CN, O and OU. */
export const subject = z.strictObject({ name: participantName, organisation, role });
export type Subject = z.infer<typeof subject>;

/** Banks and platforms take part in rounds and have an identity key; the others are people. */
export function isParticipantRole(value: string): value is 'bank' | 'platform' {
  return value === 'bank' || value === 'platform';
}

import { z } from 'zod';
import { participantName } from '../../contract/index.js';

/** Fields that rules of every mode share. */
export const oneOf = <K extends string>(kinds: Readonly<Record<K, true>>) =>
  z.enum(Object.keys(kinds) as [K, ...K[]]);
export const name = (max: number) => z.string().min(1).max(max);
/** `"*"` (anything) or a list. */
export const anyOr = <S extends z.ZodType>(item: S) =>
  z.union([z.literal('*'), z.array(item).min(1).max(2000)], 'must be "*" or a list');
/** Metrics that coordinator and submitter may see: `"*"` or a list, which may be empty. */
export const metricsOf = <const M extends readonly [string, ...string[]]>(names: M) =>
  z.union([z.literal('*'), z.array(z.enum(names)).max(names.length)], 'must be "*" or a list of metrics');

const calendarDay = z.iso.date('must be a day of the calendar: YYYY-MM-DD');

/** Who, over what, for what, until when. */
export const scope = {
  name: name(100),
  /** Participants a job may have beside this one, by name; or, below, all of these organisations. */
  peers: anyOr(participantName).optional(),
  organisations: z.array(name(80)).min(1).max(255).optional(),
  datasets: anyOr(name(63)),
  features: anyOr(name(64)),
  /** Features withheld although `features` would release them. */
  except: z.array(name(64)).max(2000).default([]),
  purposes: anyOr(name(63)),
} as const;

export const term = {
  /** manual: a person decides each job that the rule allows. */
  approval: z.enum(['automatic', 'manual']).default('manual'),
  /** Last day, in UTC, on which the rule allows anything. */
  expires: calendarDay.optional(),
} as const;

/** A rule that names nobody is a slip: `peers: "*"` says anybody. */
export const saysWho = (rule: { peers?: unknown; organisations?: unknown }) =>
  rule.peers !== undefined || rule.organisations !== undefined;
export const saysWhoIssue = {
  path: ['peers'],
  message: 'is missing: give peers or organisations',
};

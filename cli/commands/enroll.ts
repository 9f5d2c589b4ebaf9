import type { Command } from 'commander';
import { CodedError } from '../../contract/index.js';
import { type Invocation, readInput } from '../invocation.js';
import type { Outcome } from '../output.js';
import { fields, page } from '../text/layout.js';
import type { CommandGroup } from './command.js';

/** A token has about 600 characters. */
const mostTokenBytes = 4096;

interface EnrollOptions {
  readonly tokenFile?: string;
}

/** `enroll` is one command under two names: participants get an identity key, people do not. */
export function addEnroll(group: CommandGroup, who: 'participant' | 'user', next: string): void {
  group.add<[string | undefined, EnrollOptions]>('enroll [token]', {
    summary: 'Trade an enrolment token for a certificate; keys are made here and stay here',
    examples: [
      `fedrisk ${who} enroll --home my-node --token-file my.token`,
      `cat my.token | fedrisk ${who} enroll -`,
    ],
    shape: (command: Command) =>
      command.option(
        '--token-file <file>',
        'read the token here; without TOKEN or with - from standard input',
      ),
    run: (invocation, token, options) => enroll(invocation, token, options, next),
  });
}

async function enroll(
  invocation: Invocation,
  word: string | undefined,
  { tokenFile }: EnrollOptions,
  next: string,
): Promise<Outcome> {
  const token = await tokenFrom(invocation, word, tokenFile);
  const door = await invocation.runtime.doors.participant();
  const enrolled = await door.enroll({ ...(await invocation.order()), token });
  const { name, role, organisation, address, caFingerprint, identityKey } = enrolled;
  return {
    data: enrolled,
    text: page(
      fields(
        [
          ['enrolled', `${name}, ${role} of ${organisation}`, invocation.palette.good],
          ['coordinator', address],
          ['CA fingerprint', caFingerprint],
          ['identity key', identityKey],
          ['passphrase', enrolled.passphraseFile ?? ''],
          ['not yet done', enrolled.cardProblem ?? '', invocation.palette.bad],
        ],
        invocation.palette,
      ),
      `next: ${next} --home ${invocation.home}`,
    ),
  };
}

async function tokenFrom(
  { runtime: { stdin } }: Invocation,
  word: string | undefined,
  file: string | undefined,
): Promise<string> {
  if (word !== undefined && word !== '-') {
    if (file === undefined) return word;
    throw new CodedError('CONFIG_INVALID', 'give either TOKEN or --token-file, not both');
  }
  if (file !== undefined) return (await readInput(file, '--token-file')).toString('utf8').trim();
  if (stdin.isTTY && word === undefined) {
    throw new CodedError('CONFIG_INVALID', 'give TOKEN, --token-file FILE, or the token on standard input');
  }
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of stdin) {
    pieces.push(Buffer.from(piece));
    bytes += pieces.at(-1)?.length ?? 0;
    if (bytes > mostTokenBytes)
      throw new CodedError('TOKEN_INVALID', 'standard input is too long for a token');
  }
  return Buffer.concat(pieces).toString('utf8').trim();
}

import { Command, CommanderError } from 'commander';
import { CodedError } from '../contract/index.js';
import { CommandGroup } from './commands/command.js';
import { addCoordinator } from './commands/coordinator.js';
import { addExplain } from './commands/explain.js';
import { addJobs } from './commands/jobs.js';
import { addLabels } from './commands/labels.js';
import { addParticipant } from './commands/participant.js';
import { addParticipants } from './commands/participants.js';
import { addRounds } from './commands/rounds.js';
import { addScore } from './commands/score.js';
import { addUser } from './commands/user.js';
import { addVersion } from './commands/version.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { failureEnvelope, reportOf } from './output.js';
import { type ExitSlot, writeFailure } from './perform.js';
import type { Runtime } from './runtime.js';
import { pageColumns } from './text/layout.js';
import { packageVersion } from './version.js';
import { exitCodePage } from './views/catalogue.js';

/** The whole command tree. */
export function buildProgram(runtime: Runtime, exit: ExitSlot): Command {
  const program = new Command('fedrisk')
    .description('Encrypted joint training of risk models between banks and platforms')
    .version(packageVersion())
    .option(
      '--json',
      'print one JSON document: {ok, data} or {ok, error}; JSON lines for jobs watch and start',
    )
    .option(
      '--home <folder>',
      'folder of this coordinator, participant or user (default: FEDRISK_HOME, ~/.fedrisk)',
    )
    .option(
      '--coordinator <host:port>',
      'dial this address instead of the one from enrolment; of replicas all: a,b',
    )
    .option(
      '--timeout <duration>',
      'give up after this: 30s, 5m, 2h (default: 15s a call, no limit for waiting)',
    )
    .option('--passphrase-file <file>', 'read the keystore passphrase here (default: FEDRISK_PASSPHRASE)')
    .option('--no-color', 'plain text on terminals too (NO_COLOR does the same)')
    .configureHelp({ showGlobalOptions: true, helpWidth: pageColumns })
    .configureOutput({
      writeOut: (text) => runtime.stdout.write(text),
      writeErr: (text) => runtime.stderr.write(text),
      // Usage errors are reported by runProgram, coded like all others.
      outputError: () => {},
    })
    .addHelpText('after', topHelp)
    .exitOverride();
  const top = new CommandGroup(program, runtime, exit);
  addCoordinator(top);
  addParticipant(top);
  addUser(top);
  addParticipants(top);
  addJobs(top);
  addRounds(top);
  addScore(top);
  addLabels(top);
  addExplain(top);
  addVersion(top);
  return program;
}

const topHelp = `
Examples:
  $ fedrisk jobs submit loan-default.yaml --wait
  $ fedrisk jobs list --json
  $ fedrisk jobs submit --help

Exit codes:
${exitCodePage()}`;

/** Runs one command line and tells its exit code. Never throws for what a user or a peer did. */
export async function runProgram(words: readonly string[], runtime: Runtime): Promise<ExitCode> {
  const exit: ExitSlot = { code: exitCodes.ok };
  const program = buildProgram(runtime, exit);
  try {
    await program.parseAsync(words, { from: 'user' });
    return exit.code;
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return exitCodes.ok;
    return reportUsage(words, runtime, usageMessage(thrown));
  }
}

function usageMessage({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'a command is missing; the help lists them';
  return message.replace(/^error: /, '').replaceAll('\n', ' ');
}

/** Commander stopped before options were known, so they are looked up among the words. */
function reportUsage(words: readonly string[], runtime: Runtime, message: string): ExitCode {
  const report = reportOf(new CodedError('CONFIG_INVALID', message));
  if (words.includes('--json')) runtime.stdout.write(`${JSON.stringify(failureEnvelope(report))}\n`);
  else writeFailure(runtime, { color: !words.includes('--no-color') }, report);
  return exitCodes.input;
}

import type { Command } from 'commander';
import { toCodedError } from '../contract/index.js';
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.js';
import { type GlobalOptions, Invocation, paletteOf } from './invocation.js';
import {
  type ErrorReport,
  envelopeOf,
  failureEnvelope,
  failureText,
  type Outcome,
  reportOf,
} from './output.js';
import type { Runtime } from './runtime.js';
import { pageColumns } from './text/layout.js';

/** Where the exit code of the command that ran is left; commander's actions return nothing. */
export interface ExitSlot {
  code: ExitCode;
}

export type Action<Values extends unknown[]> = (
  invocation: Invocation,
  ...values: Values
) => Promise<Outcome>;

/** Wraps a command for commander: arguments and options in, one envelope or page out, every error coded. */
export function perform<Values extends unknown[]>(
  runtime: Runtime,
  exit: ExitSlot,
  action: Action<Values>,
): (...values: unknown[]) => Promise<void> {
  return async (...values) => {
    // Commander appends the command itself after arguments and options.
    const command = values.pop() as Command;
    const options = command.optsWithGlobals() as unknown as GlobalOptions;
    try {
      const outcome = await action(new Invocation(runtime, options), ...(values as Values));
      exit.code = conclude(runtime, options, outcome);
    } catch (thrown) {
      const error = toCodedError(thrown);
      exit.code = exitCodeOf(error);
      if (options.json) writeJson(runtime, failureEnvelope(reportOf(error)));
      else writeFailure(runtime, options, reportOf(error));
    }
  };
}

function conclude(runtime: Runtime, options: GlobalOptions, outcome: Outcome): ExitCode {
  if (options.json) writeJson(runtime, envelopeOf(outcome));
  else if (outcome.text !== '') runtime.stdout.write(`${outcome.text}\n`);
  if (!outcome.failure) return exitCodes.ok;
  if (!options.json) writeFailure(runtime, options, outcome.failure.report);
  return outcome.failure.exit;
}

function writeJson(runtime: Runtime, envelope: unknown): void {
  runtime.stdout.write(`${JSON.stringify(envelope)}\n`);
}

/** Narrower terminals break lines themselves. */
const leastColumns = 40;

export function writeFailure(runtime: Runtime, options: GlobalOptions, report: ErrorReport): void {
  const { stderr } = runtime;
  const columns = stderr.isTTY === true ? Math.max(leastColumns, stderr.columns ?? pageColumns) : undefined;
  stderr.write(`${failureText(report, paletteOf(stderr, runtime, options), columns)}\n`);
}

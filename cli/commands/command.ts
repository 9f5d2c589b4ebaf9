import { type Command, Option } from 'commander';
import { type Action, type ExitSlot, perform } from '../perform.js';
import type { Runtime } from '../runtime.js';

/** Adds commands to one group; hands every action its runtime and collects its exit code. */
export class CommandGroup {
  constructor(
    readonly command: Command,
    readonly runtime: Runtime,
    readonly exit: ExitSlot,
  ) {}

  /** A group inside this one, or at the top. */
  group(name: string, summary: string, ...examples: readonly string[]): CommandGroup {
    const command = this.command.command(name).description(summary);
    return new CommandGroup(withExamples(command, examples), this.runtime, this.exit);
  }

  /** A command; `shape` declares its options. The action gets arguments first, then options. */
  add<Values extends unknown[]>(
    nameAndArguments: string,
    definition: {
      readonly summary: string;
      readonly examples: readonly string[];
      readonly shape?: (command: Command) => Command;
      readonly run: Action<Values>;
    },
  ): void {
    const command = this.command.command(nameAndArguments).description(definition.summary);
    definition.shape?.(command);
    withExamples(command, definition.examples).action(perform(this.runtime, this.exit, definition.run));
  }
}

function withExamples(command: Command, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ ${example}`).join('\n');
  return command.addHelpText('after', `\n${examples.length === 1 ? 'Example' : 'Examples'}:\n${lines}`);
}

/** Collects a repeatable option. */
export function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/** How much `start` logs on standard error. */
export function logLevelOption(): Option {
  return new Option('--log-level <level>', 'log on standard error, JSON lines')
    .choices(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info');
}

/** Where `start` serves metrics for Prometheus. */
export function metricsOption(): Option {
  return new Option(
    '--metrics <[host:]port>',
    'serve Prometheus metrics; on this machine only unless a host is given',
  );
}

/** Where a node that was started serves its metrics, as the end of a sentence. */
export function metricsWords({ metrics }: { readonly metrics?: string | undefined }): string {
  return metrics === undefined ? '' : `, metrics at http://${metrics}/metrics`;
}

import { type CodedError, errorCatalogue } from '../contract/index.js';
import type { ExitCode } from './exit-codes.js';
import type { Palette } from './text/palette.js';
import { printable } from './text/width.js';

/** What a command hands back: the same thing for scripts (`data`) and for people (`text`). */
export interface Outcome {
  /** JSON for `--json`; times are milliseconds since the epoch, sizes bytes. */
  readonly data: unknown;
  /** Page for people, without closing newline; '' prints nothing. */
  readonly text: string;
  /** Makes a command that worked report a bad end, as `jobs wait` does for a failed job. */
  readonly failure?: { readonly report: ErrorReport; readonly exit: ExitCode };
}

/** The `error` member of the envelope. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly action: string;
  readonly parties: readonly string[];
  /** Id of the refused call, for whoever operates the coordinator. */
  readonly call?: string;
}

/** The one document a command prints on stdout with --json. */
export type Envelope =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: ErrorReport; readonly data?: unknown };

export function reportOf(error: CodedError): ErrorReport {
  return {
    code: error.code,
    message: error.message,
    action: errorCatalogue[error.code].action,
    parties: error.parties,
    ...(error.call !== '' && { call: error.call }),
  };
}

export function envelopeOf(outcome: Outcome): Envelope {
  if (!outcome.failure) return { ok: true, data: outcome.data };
  return { ok: false, error: outcome.failure.report, data: outcome.data };
}

export function failureEnvelope(report: ErrorReport): Envelope {
  return { ok: false, error: report };
}

/** Three lines for stderr: what, what to do, where to read more; a fourth when the coordinator refused a call. */
export function failureText(report: ErrorReport, palette: Palette): string {
  const message = report.message.split('\n').map(printable).join('\n  ');
  const unnamed = report.parties.filter((party) => !report.message.includes(party)).map(printable);
  const named = unnamed.length > 0 ? ` (${unnamed.join(', ')})` : '';
  return [
    `${palette.bad('error')} ${palette.strong(printable(report.code))}: ${message}${named}`,
    `what to do: ${printable(report.action)}`,
    `more: fedrisk explain ${printable(report.code)}`,
    ...(report.call === undefined ? [] : [`call: ${printable(report.call)} in the coordinator's log`]),
  ].join('\n');
}

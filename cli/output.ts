import { type CodedError, errorCatalogue } from '../contract/index.js';
import type { ExitCode } from './exit-codes.js';
import type { Palette } from './text/palette.js';
import { printable, wrap } from './text/width.js';

/** Before what goes on in the next line. */
const hang = '  ';

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

/**
 * Three lines for stderr: what, what to do, where to read more; a fourth when the coordinator refused a call. On a terminal they are
 * broken between words; in a pipe each is one line, so that it can be searched.
 */
export function failureText(
  report: ErrorReport,
  palette: Palette,
  columns = Number.POSITIVE_INFINITY,
): string {
  const unnamed = report.parties.filter((party) => !report.message.includes(party)).map(printable);
  const named = unnamed.length > 0 ? ` (${unnamed.join(', ')})` : '';
  const code = printable(report.code);
  const [first = '', ...rest] = `${report.message}${named}`
    .split('\n')
    .flatMap((line, at) => broken(`${at === 0 ? `error ${code}: ` : ''}${printable(line)}`, columns));
  const hanging = (text: string) => broken(text, columns).join(`\n${hang}`);
  return [
    `${palette.bad('error')} ${palette.strong(code)}${first.slice(`error ${code}`.length)}`,
    ...rest.map((line) => hang + line),
    hanging(`what to do: ${printable(report.action)}`),
    `more: fedrisk explain ${code}`,
    ...(report.call === undefined
      ? []
      : [hanging(`call: ${printable(report.call)} in the coordinator's log`)]),
  ].join('\n');
}

/** Lines that fit behind the hang, with the blanks that the text began with. */
function broken(text: string, columns: number): string[] {
  if (columns === Number.POSITIVE_INFINITY) return [text];
  const lead = /^ */.exec(text)![0];
  return wrap(text.slice(lead.length), columns - hang.length - lead.length).map((line) => lead + line);
}

import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, type PostOf, toCodedError } from '../../contract/index.js';
import type { Journal } from '../journal/index.js';
import type { PolicyDecision } from '../policy/index.js';
import type { JobTranscript } from './transcript.js';

export interface ConsentParts {
  readonly journal: Journal;
  /** Milliseconds between looks for an operator's answer. */
  readonly approvalPollMs: number;
  /** What the policy says to the job with this many own rows. */
  judge(rows: number): Promise<PolicyDecision>;
  /** Reads the rows and gives their number; what it throws names nothing of the source. */
  read(): Promise<number>;
  /** Throws when what earlier jobs learned forbids this one. */
  remember(): void;
}

/**
 * The participant decides: policy, then data, then, where the policy says so, a person. A job that no number of rows
 * would make acceptable has no row read for it, and its refusal says nothing of the data.
 */
export async function answerFor(
  parts: ConsentParts,
  transcript: JobTranscript,
  signal: AbortSignal,
): Promise<PostOf<'consent'>[]> {
  const answer = (approved: boolean, code = '', detail = ''): PostOf<'consent'>[] => {
    const { specDigest } = transcript.submitted!;
    // Cutting can split a surrogate pair, which no signature covers.
    return [{ kind: 'consent', specDigest, approved, code, detail: detail.slice(0, 500).toWellFormed() }];
  };
  const refused = (error: unknown) => {
    const { code, message } = toCodedError(error);
    // An error nobody foresaw is no answer: the job is left, and its text stays in our own log. Nor is a full disk: the
    // answer comes once there is room.
    if (signal.aborted || code === 'INTERNAL' || code === 'STORAGE_FULL') throw error;
    // The text of a broken policy names lines of our own file; our log has it.
    return answer(
      false,
      code,
      code === 'POLICY_INVALID' ? 'the policy of the participant is not valid' : message,
    );
  };
  let rows: number;
  try {
    await allowed(parts.judge(Number.POSITIVE_INFINITY));
    rows = await parts.read();
    const decision = await allowed(parts.judge(rows));
    parts.remember();
    if (decision.kind === 'approve') return answer(true);
  } catch (error) {
    return refused(error);
  }
  const reason = await personsRefusal(parts, transcript, signal);
  if (reason !== undefined) return answer(false, 'APPROVAL_REFUSED', reason);
  // The policy may have changed, or a rule may have ended, while a person thought about it.
  return allowed(parts.judge(rows)).then(() => answer(true), refused);
}

/** The decision, unless it is a refusal. @throws {CodedError} with the code of the policy. */
export async function allowed<D extends PolicyDecision>(
  judged: Promise<D>,
): Promise<Exclude<D, { readonly kind: 'refuse' }>> {
  const decision = await judged;
  if (decision.kind === 'refuse') throw new CodedError(decision.code, decision.detail);
  return decision as Exclude<D, { readonly kind: 'refuse' }>;
}

/** Waits for the operator; gives the reason of a refusal. */
async function personsRefusal(
  { journal, approvalPollMs }: ConsentParts,
  { spec, jobId, submitted }: JobTranscript,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { submitter, organisation, deadlineMs } = submitted!;
  journal.keepJob(jobId, 'awaiting-approval');
  journal.ask(jobId, { spec, submitter, organisation, deadlineMs });
  for (;;) {
    const asked = journal.approval(jobId);
    if (asked?.answer === 'refused') return asked.reason;
    if (asked?.answer === 'approved') {
      journal.keepJob(jobId, 'running');
      return undefined;
    }
    await delay(approvalPollMs, undefined, { signal });
  }
}

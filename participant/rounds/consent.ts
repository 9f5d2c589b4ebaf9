import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, type PostOf, toCodedError } from '../../contract/index.js';
import type { Results } from '../training/index.js';
import { refuseDifferencing } from './differencing.js';
import type { DutyParts } from './perform.js';
import type { JobTranscript } from './transcript.js';

export interface ConsentParts extends Pick<DutyParts, 'journal' | 'judge' | 'approvalPollMs'> {
  /** Reads the rows; what it throws names nothing of the source. */
  preflight(): Promise<Results['preflight']>;
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
  const { journal } = parts;
  const { spec, jobId } = transcript;
  const answer = (approved: boolean, code = '', detail = ''): PostOf<'consent'>[] => {
    const { specDigest } = transcript.submitted!;
    // Cutting can split a surrogate pair, which no signature covers.
    return [{ kind: 'consent', specDigest, approved, code, detail: detail.slice(0, 500).toWellFormed() }];
  };
  const refused = (error: unknown) => {
    const { code, message } = toCodedError(error);
    // An error nobody foresaw is no answer: the job is left, and its text stays in our own log.
    if (signal.aborted || code === 'INTERNAL') throw error;
    // The text of a broken policy names lines of our own file; our log has it.
    return answer(
      false,
      code,
      code === 'POLICY_INVALID' ? 'the policy of the participant is not valid' : message,
    );
  };
  const judged = async (rows: number) => {
    const decision = await parts.judge(transcript, rows);
    if (decision.kind === 'refuse') throw new CodedError(decision.code, decision.detail);
    return decision;
  };
  let rows: number;
  try {
    await judged(Number.POSITIVE_INFINITY);
    const ready = await parts.preflight();
    rows = ready.rows;
    const decision = await judged(rows);
    refuseDifferencing(journal, { population: ready.population, members: spec.participants, jobId });
    if (decision.kind === 'approve') return answer(true);
  } catch (error) {
    return refused(error);
  }
  const reason = await personsRefusal(parts, transcript, signal);
  if (reason !== undefined) return answer(false, 'APPROVAL_REFUSED', reason);
  // The policy may have changed, or a rule may have ended, while a person thought about it.
  return judged(rows).then(() => answer(true), refused);
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

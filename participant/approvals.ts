import {
  algorithmOf,
  CodedError,
  fitRounds,
  type HorizontalSpec,
  type JobId,
  type JobSpec,
  participantsOf,
  type Secret,
  type VerticalSpec,
} from '../contract/index.js';
import { homeLayout } from './config.js';
import { homeCredentials } from './identity/index.js';
import { type Approval, Journal } from './journal/index.js';

interface Order {
  readonly home: string;
  readonly passphrase?: Secret;
}

/** What the runner asked its operator, as kept in the journal. */
interface Question {
  readonly spec: JobSpec;
  readonly submitter: string;
  readonly organisation: string;
  readonly deadlineMs: number;
}

/** Jobs that a manual rule put before a person, open ones and answered ones. */
export function listApprovals(order: Order) {
  return withJournal(order, (journal) => journal.approvals().map(describe));
}

/** @throws {CodedError} JOB_UNKNOWN when no such question is open. */
export function approve(order: Order & { readonly jobId: string }): Promise<void> {
  return withJournal(order, (journal) => answer(journal, order.jobId, 'approved', ''));
}

/** The reason reaches the submitter. @throws {CodedError} JOB_UNKNOWN when no such question is open. */
export function refuse(order: Order & { readonly jobId: string; readonly reason: string }): Promise<void> {
  return withJournal(order, (journal) => answer(journal, order.jobId, 'refused', order.reason));
}

function answer(journal: Journal, jobId: string, verdict: 'approved' | 'refused', reason: string): void {
  if (!journal.answer(jobId as JobId, verdict, reason)) {
    throw new CodedError('JOB_UNKNOWN', `no job ${jobId} waits for an answer here`);
  }
}

function describe({ jobId, answer: given, reason, request }: Approval) {
  const { spec, submitter, organisation, deadlineMs } = request as Question;
  return {
    jobId: jobId as string,
    answer: given,
    reason,
    name: spec.name,
    purpose: spec.purpose,
    submitter,
    organisation,
    peers: participantsOf(spec) as readonly string[],
    ...(spec.mode === 'horizontal' ? horizontalTerms(spec) : verticalTerms(spec)),
    release: spec.release as readonly string[],
    deadlineMs,
  };
}

function horizontalTerms(spec: HorizontalSpec) {
  return {
    dataset: spec.dataset,
    features: Object.keys(spec.features),
    model: spec.model.kind as string,
    algorithm: algorithmOf(spec) as string,
    rounds: spec.training.rounds,
    minimumRows: spec.minimumRows,
  };
}

/** What a vertical job asks of its parties, each with its own dataset and features. */
function verticalTerms(spec: VerticalSpec) {
  const parties = Object.entries<{ dataset: string; features?: object }>(spec.parties);
  return {
    dataset: parties.map(([name, { dataset }]) => `${name}: ${dataset}`).join(', '),
    features: parties.flatMap(([name, { features = {} }]) =>
      Object.keys(features).map((feature) => `${name}: ${feature}`),
    ),
    model: spec.type === 'training' ? 'logistic on WOE' : spec.type === 'boosting' ? 'boosted trees' : '',
    algorithm: `vertical ${spec.type}`,
    rounds: fitRounds(spec),
    minimumRows: spec.alignment.minimumRows,
  };
}

async function withJournal<T>({ home, passphrase }: Order, work: (journal: Journal) => T): Promise<T> {
  const { participant } = await homeCredentials(home, passphrase);
  if (participant === undefined)
    throw new CodedError('ROLE_FORBIDDEN', `${home} does not belong to a participant`);
  const journal = new Journal(homeLayout(home).journal, participant.journalKey);
  try {
    return work(journal);
  } finally {
    journal.close();
  }
}

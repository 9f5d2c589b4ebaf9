import {
  CodedError,
  canonicalJson,
  hinted,
  type JobId,
  type JobSpec,
  jobSpec,
  limits,
  minimumContributors,
  participantsOf,
  specJson,
  toCodedError,
} from '../../contract/index.js';
import type { PartyRow } from '../identity/index.js';
import type { JobState } from '../rounds/index.js';

/**
 * A submitted spec, checked again here: a client's own check protects only honest clients.
 * @throws {CodedError} MESSAGE_TOO_LARGE, SPEC_INVALID naming the field.
 */
export function parseSpec(text: string): JobSpec {
  if (Buffer.byteLength(text) > limits.specBytes) {
    throw new CodedError('MESSAGE_TOO_LARGE', `a job spec holds at most ${limits.specBytes} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CodedError('SPEC_INVALID', 'the job spec is not JSON', { cause: error });
  }
  const parsed = jobSpec.safeParse(value);
  if (parsed.success) return withCanonicalForm(parsed.data);
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join('.') || 'job spec';
  throw new CodedError('SPEC_INVALID', `${field}: ${issue?.message}`);
}

/** A topology is free-form: it can hold numbers, text or depths that have no canonical JSON to digest. */
function withCanonicalForm(spec: JobSpec): JobSpec {
  try {
    specJson(spec);
    return spec;
  } catch (cause) {
    throw new CodedError('SPEC_INVALID', 'the job spec has no canonical JSON form', { cause });
  }
}

/**
 * Whether the named parties can run the job.
 * @throws {CodedError} PARTICIPANT_UNKNOWN, SPEC_TOO_FEW_PARTIES.
 */
export function checkParties(spec: JobSpec, parties: readonly PartyRow[]): void {
  const enrolled = new Map(
    parties
      .filter(({ status, role }) => status === 'enrolled' && (role === 'bank' || role === 'platform'))
      .map((party) => [party.name, party]),
  );
  const named = participantsOf(spec);
  const unknown = named.filter((name) => !enrolled.has(name));
  if (unknown.length > 0) {
    throw new CodedError(
      'PARTICIPANT_UNKNOWN',
      `not enrolled as a participant: ${unknown.map((name) => hinted(name, enrolled.keys())).join(', ')}`,
      {
        parties: unknown,
      },
    );
  }
  const organisations = new Set(named.map((name) => enrolled.get(name)?.organisation));
  const { least, why } = leastOrganisations(spec);
  if (organisations.size < least) {
    throw new CodedError(
      'SPEC_TOO_FEW_PARTIES',
      `participants of ${organisations.size} organisations, ${least} are needed ${why}`,
    );
  }
}

function leastOrganisations(spec: JobSpec) {
  if (spec.mode === 'vertical') return { least: 2, why: 'in a vertical job' };
  return { least: minimumContributors(spec.colluders), why: `with ${spec.colluders} colluders` };
}

/**
 * Whether the model that a scoring job names was made here, by the same parties for the same label holder. One
 * answer for whatever does not fit: a stranger learns nothing of other jobs.
 * @param find the job of an id; rejects when there is none.
 * @throws {CodedError} SPEC_INVALID naming model.job.
 */
export async function checkModel(
  spec: JobSpec,
  find: (jobId: JobId) => Promise<{ readonly state: JobState }>,
): Promise<void> {
  if (spec.mode !== 'vertical' || spec.type !== 'scoring') return;
  const { state } = await find(spec.model.job).catch((thrown) => {
    if (toCodedError(thrown).code === 'JOB_UNKNOWN') return { state: undefined };
    throw thrown;
  });
  const model = state?.kind === 'finished' ? state.charter.spec : undefined;
  const fits =
    model?.mode === 'vertical' &&
    (model.type === 'training' || model.type === 'boosting') &&
    model.labelHolder === spec.labelHolder &&
    canonicalJson([...participantsOf(model)].sort()) === canonicalJson([...participantsOf(spec)].sort());
  if (fits) return;
  throw new CodedError(
    'SPEC_INVALID',
    'model.job: is no finished vertical training job of these parties and label holder here',
  );
}

import {
  CodedError,
  type JobSpec,
  jobSpec,
  limits,
  minimumContributors,
  specJson,
} from '../../contract/index.js';
import type { PartyRow } from '../identity/index.js';

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
  const unknown = spec.participants.filter((name) => !enrolled.has(name));
  if (unknown.length > 0) {
    throw new CodedError('PARTICIPANT_UNKNOWN', `not enrolled as a participant: ${unknown.join(', ')}`, {
      parties: unknown,
    });
  }
  const organisations = new Set(spec.participants.map((name) => enrolled.get(name)?.organisation));
  const least = minimumContributors(spec.colluders);
  if (organisations.size < least) {
    throw new CodedError(
      'SPEC_TOO_FEW_PARTIES',
      `participants of ${organisations.size} organisations, ${least} are needed with ${spec.colluders} colluders`,
    );
  }
}

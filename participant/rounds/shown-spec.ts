import {
  CodedError,
  type EventOf,
  type HexDigest,
  type JobId,
  type JobSpec,
  jobIdOf,
  jobSpec,
  knows,
  ownRelease,
  specDigest,
} from '../../contract/index.js';

/**
 * The spec of a job as the coordinator shows it. The digest is of what we read, with our own defaults filled in, so a
 * participant whose version reads the text otherwise takes no part.
 * @throws {CodedError} VERSION_UNSUPPORTED, SPEC_INVALID, SIGNATURE_INVALID when the job id is not of this spec.
 */
export function shownSpec(submitted: EventOf<'submitted'>, jobId: JobId): JobSpec {
  const { specJson, specDigest: claimed, needs = ownRelease } = submitted;
  if (!knows(ownRelease, needs)) {
    throw new CodedError(
      'VERSION_UNSUPPORTED',
      `the job needs participants of version ${needs}, this one is ${ownRelease}: its operator upgrades it`,
    );
  }
  const parsed = jobSpec.safeParse(parseJson(specJson));
  if (!parsed.success) throw new CodedError('SPEC_INVALID', 'the job spec in the transcript is not valid');
  const digest = digestedSpec(parsed.data);
  if (jobIdOf(digest) !== jobId || digest !== claimed) {
    throw new CodedError('SIGNATURE_INVALID', 'the job id does not belong to the spec shown with it');
  }
  return parsed.data;
}

/** Free-form parts of a spec (a topology) can hold what canonical JSON has no form for. */
function digestedSpec(spec: JobSpec): HexDigest {
  try {
    return specDigest(spec);
  } catch (cause) {
    throw new CodedError('SPEC_INVALID', 'the job spec in the transcript has no canonical form', { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

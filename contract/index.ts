export { type Canonical, canonicalJson, digestOf } from './canonical.js';
export { type Clock, systemClock } from './clock.js';
export { type Cohort, closedBecause, sameSpelling } from './cohort.js';
export {
  CodedError,
  type ErrorCode,
  type ErrorEntry,
  endsJob,
  errorCatalogue,
  isErrorCode,
  isOutage,
  toCodedError,
} from './errors/index.js';
export { type EventBody, type EventKind, type EventOf, eventBody, type JobEvent } from './event.js';
export { boundGarbage, garbageBytes } from './garbage.js';
export { type HorizontalSpec, type HorizontalSpecInput, horizontalSpec } from './horizontal-spec.js';
export {
  type HexDigest,
  hex,
  hexDigest,
  type JobId,
  jobId,
  jobIdOf,
  type ParticipantName,
  participantName,
} from './ids.js';
export {
  algorithmOf,
  drawNonce,
  type JobSpec,
  type JobSpecInput,
  jobIdOfSpec,
  jobSpec,
  neededMembers,
  participantsOf,
  seedInSpec,
  seedOfNonce,
  specDigest,
  specJson,
} from './job-spec.js';
export { concludedCursors, limits } from './limits.js';
export { nameList } from './name-list.js';
export { hinted, nearestName } from './nearest-name.js';
export {
  type FeatureReport,
  type Metric,
  type MetricName,
  metricNames,
  type NextStep,
  type ParameterSetName,
  type Post,
  type PostBody,
  type PostKind,
  type PostOf,
  parameterSetNames,
  post,
  postBody,
  postDigest,
  postPlace,
  type RecoveryCause,
  recoveryCauses,
  type SealedPurpose,
  type SumPurpose,
  sealedPurposes,
  sumPurposes,
  type Timing,
} from './post.js';
export { fewestIncluded, minimumContributors, quorumOf } from './quorum.js';
export {
  checkCoordinatorVersion,
  isTold,
  knows,
  neededRelease,
  ownRelease,
  participantRelease,
} from './release.js';
export { errorMetadata, isRemoteFailure, type RemoteFailure, remoteError } from './remote-error.js';
export {
  commitmentsDigest,
  inRosterOrder,
  keyedDigest,
  noSharedKeys,
  type RosterEntry,
  rosterDigest,
  verticalModelDigest,
} from './roster.js';
export { Secret } from './secret.js';
export { mostColluders, ShareGraph } from './share-graph.js';
export { besideLevel, histogramLength, lossLength, lossLimbs, measuresLength } from './sum-lengths.js';
export {
  afterSkipped,
  isStatistic,
  mostSums,
  statisticsOf,
  sumsPerRound,
} from './sum-sequence.js';
export { outcomeOf, settledValue, type ThreadOutcome, workerBeside } from './thread-outcome.js';
export {
  leavesModel,
  type ModelSpec,
  type VerticalRelease,
  type VerticalSpec,
  type VerticalSpecOf,
  type VerticalType,
  verticalReleases,
} from './vertical-spec.js';
export {
  castOf,
  fitRoundName,
  fitRounds,
  type Route,
  type Step,
  type StepName,
  shownLevel,
  stepAfter,
  stepNames,
  stepsOf,
  type VerticalCast,
  type VerticalPhase,
  verticalPhases,
} from './vertical-steps.js';
export { eventFromWire, eventToWire, postFromWire, postToWire } from './wire-form.js';
export { parseYamlFile, readYamlFile, type YamlFileOptions } from './yaml-file.js';

import type { ParticipantName, PostOf } from '../../contract/index.js';
import type { UploadFacts } from './facts.js';
import { malformed, outOfPlace, refuse } from './refusal.js';
import { isExchanging, type Unfinished, type VerticalCharter } from './state.js';

/** Whether a parcel's post is in place: the sender owes it in the open step, and its bytes are stored. */
export function admitParcel(
  state: Unfinished,
  sender: ParticipantName,
  body: PostOf<'parcel'>,
  upload: UploadFacts | undefined,
): void {
  if (!isExchanging(state)) outOfPlace(state, body.kind);
  const { step } = state.openStep;
  if (body.step !== step.number) {
    refuse('MESSAGE_UNEXPECTED', `step ${step.number} (${step.name}) is open, not step ${body.step}`);
  }
  if (!step.parcels.some(({ from, to }) => from === sender && to === body.to)) {
    const what = `step ${step.number} (${step.name})`;
    refuse('MESSAGE_UNEXPECTED', `${sender} sends no parcel to ${body.to} in ${what}`);
  }
  if (!upload?.complete) refuse('UPLOAD_MISSING', 'the upload of this parcel is not complete');
}

/** Whether a report is in place and holds only what the job releases to coordinator and submitter. */
export function admitReport(state: Unfinished, sender: ParticipantName, body: PostOf<'report'>): void {
  if (!isExchanging(state)) outOfPlace(state, body.kind);
  const { step } = state.openStep;
  if (body.step !== step.number || !step.reports.includes(sender)) outOfPlace(state, body.kind);
  const { charter } = state;
  const { release, labelHolder } = charter.spec;
  const withheld = body.metrics.find(({ name }) => !release.some((released) => released === name));
  if (withheld) malformed(`report.metrics holds ${withheld.name}, which the job does not release`);
  admitFeatures(charter, body);
  if (sender !== labelHolder && (body.labelFunctionals > 0 || body.scoresReleased > 0)) {
    malformed(`report.labelFunctionals and report.scoresReleased are for ${labelHolder} to tell`);
  }
  if (body.last === true && step.name !== 'tree') malformed('report.last is for the step of a tree');
  if (body.scoresReleased > 0 && !charter.course.some(({ name }) => name === 'parts' || name === 'sides')) {
    malformed('report.scoresReleased counts scores, and the job releases none');
  }
}

function admitFeatures({ spec }: VerticalCharter, { features }: PostOf<'report'>): void {
  if (features.length === 0) return;
  if (!spec.release.includes('iv')) malformed('report.features holds IV, which the job does not release');
  const seen = new Set<string>();
  for (const { party, feature } of features) {
    const named = spec.type === 'scoring' ? undefined : spec.parties[party]?.features;
    if (!named || !Object.hasOwn(named, feature)) {
      malformed('report.features names a feature that is not in the spec');
    }
    const key = `${party}/${feature}`;
    if (seen.has(key)) malformed('report.features names a feature twice');
    seen.add(key);
  }
}

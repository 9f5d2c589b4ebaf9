import { randomBytes } from 'node:crypto';
import { CodedError, type ParticipantName, stepsOf } from '../../contract/index.js';
import type { Order, Results, StepTaken } from '../../participant/training/index.js';
import type { LabelRelease } from '../../participant/vertical/step-work.js';
import { digestOf } from './digest.js';
import { readVirtual, writeVirtual } from './virtual-files.js';
import type { Witness } from './witness.js';

/** What is inside a parcel of a step: a value that follows from the values it was made from, and fresh encryption. */
export interface Parcel {
  readonly step: number;
  readonly from: string;
  readonly to: string;
  readonly value: string;
  readonly fresh: string;
}

/** Rows and bad rows of the label holder: a budget that holds one job and not many. */
export const readiness: Results['preflightVertical'] = { rows: 10_000, labelled: { rows: 10_000, bad: 500 } };
/** Name of the secret that each own step replaces. */
const chain = 'chain';

/**
 * A step of a vertical job without cryptography: every parcel holds a digest over the parcels that its maker may look
 * into, and over a chain that each own step goes on once. So what a step is made from is right, or its value is not.
 */
export function takeStep(order: Order<'takeStep'>, witness: Witness): StepTaken {
  const { spec, jobId, jobsFolder, participant: me, step: number, inbox, outbox, secrets } = order;
  const step = stepsOf(spec)[number]!;
  const seen = inbox.map(({ step: of, from, path, sealedPath }) => {
    const text = readVirtual(path) ?? readVirtual(sealedPath);
    const parcel = text === undefined ? undefined : (JSON.parse(text) as Parcel);
    if (parcel?.to !== me || parcel.from !== from || parcel.step !== of) {
      throw new CodedError('PARCEL_MALFORMED', `the parcel of ${from} in step ${of} is not that`, {
        parties: [from],
      });
    }
    writeVirtual(path, text!);
    return `${of} ${from} ${parcel.value}`;
  });
  const before = Buffer.from(secrets.get(chain) ?? []).toString();
  const made = digestOf(`${number} ${me} ${before} ${seen.sort().join()}`);
  const parcels = outbox.map(({ to, sealedPath }) => {
    const parcel: Parcel = {
      ...{ step: number, from: me, to },
      value: digestOf(`${made} ${to}`),
      fresh: randomBytes(8).toString('hex'),
    };
    const text = JSON.stringify(parcel);
    writeVirtual(sealedPath, text);
    const digest = digestOf(text);
    witness.sent(`${number} ${me} ${to} ${digest}`, parcel.value);
    return { to: to as ParticipantName, digest, bytes: text.length };
  });
  const reports = step.reports.includes(me);
  if (reports) writeVirtual(`${jobsFolder}/${jobId}/model.json`, made);
  return {
    parcels,
    ...(reports && {
      report: {
        fingerprint: digestOf(`fingerprint ${made}`),
        ...{ metrics: [], features: [], labelFunctionals: 0, scoresReleased: 0 },
      },
    }),
    timings: [],
    keep: new Map([[chain, Buffer.from(made)]]),
    releases: spec.labelHolder === me ? releasesOf(step.name, step.round, outbox) : [],
  };
}

/** Functionals of labels that a step tells each feature holder. */
function releasesOf(name: string, round: number, outbox: readonly { readonly to: string }[]): LabelRelease[] {
  if (name !== 'woe' && name !== 'openings') return [];
  return outbox.map(({ to }) => ({
    holder: to as ParticipantName,
    kind: name === 'woe' ? 'binning' : 'fit',
    question: `${name} ${round}`,
    functionals: 1,
    answer: 'counts',
  }));
}

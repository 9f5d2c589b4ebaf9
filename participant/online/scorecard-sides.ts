import { CodedError, castOf, nameList } from '../../contract/index.js';
import { fromScoreUnits, scoreUnitsLimit, toScoreUnits } from '../../learning/index.js';
import { jointScores } from '../vertical/closing.js';
import type { VerticalModel } from '../vertical/model.js';
import { OnlineMasks } from './mask-seeds.js';
import type { HolderSide, LabelSide } from './model-sides.js';
import type { OnlineJob } from './online-job.js';
import { reasonsOf } from './reasons.js';

/** A part of the log-odds in 1/64, masked mod 2^32, big-endian. */
const wordBytes = 4;

/** Tells the own part with a mask that cancels over all feature holders. */
export function scorecardHolder(job: OnlineJob): HolderSide {
  const masks = new OnlineMasks(job);
  return {
    bytes: wordBytes,
    told: ({ part }, requestId, customer) => {
      const [unit = 0] = toScoreUnits(Float64Array.of(part));
      const body = new Uint8Array(wordBytes);
      new DataView(body.buffer).setUint32(0, (unit + masks.of(requestId, customer)) >>> 0);
      return body;
    },
  };
}

/** Adds up the parts of all. */
export function scorecardLabelSide(job: OnlineJob, model: VerticalModel): LabelSide {
  const reasons = reasonsOf(model);
  const { holders } = castOf(job.spec);
  return {
    bytesFrom: () => wordBytes,
    score: ({ part, bins }, told) => {
      const partner = fromScoreUnits([sumOf(holders, told)]);
      const scores = jointScores(model, Float64Array.of(part), partner);
      return {
        probability: scores.probability[0]!,
        points: scores.points[0]!,
        bank: scores.ownPoints[0]!,
        partners: scores.partnerPoints[0]!,
        reasons: reasons(bins).map(({ reason, pointsLost }) => ({ feature: reason, pointsLost })),
      };
    },
  };
}

/** Masks cancel in the sum mod 2^32; what is left is a score, or the parts do not belong together. */
function sumOf(holders: readonly string[], told: ReadonlyMap<string, Uint8Array>): number {
  const sum = holders.reduce((total, holder) => {
    const { buffer, byteOffset } = told.get(holder)!;
    return (total + new DataView(buffer, byteOffset).getUint32(0)) | 0;
  }, 0);
  if (Math.abs(sum) > holders.length * scoreUnitsLimit) {
    throw new CodedError('MESSAGE_MALFORMED', `the parts of ${nameList(holders)} do not add up to a score`, {
      parties: holders,
    });
  }
  return sum;
}

import type { ErrorArea } from './entry.js';

export const sumErrors = {
  RANGE_EXCEEDED: {
    kind: 'input',
    meaning: 'The values and contributors of a sum do not fit any checked parameter set.',
    action: 'The submitter lowers update.bits or rowsCap, or names fewer participants.',
  },
  VALUE_OUT_OF_RANGE: {
    kind: 'input',
    meaning: 'A value handed to a secure sum is not an integer in its declared range; nothing was sent.',
    action: 'Report it: clipping and quantisation should have prevented this.',
  },
  SIGNATURE_INVALID: {
    kind: 'protocol',
    meaning: 'A message is not signed by the key pinned for its sender, or was changed on the way.',
    action:
      'Stop trusting the path: participants compare pinned keys, the operator checks the coordinator host.',
  },
  ROSTER_MISMATCH: {
    kind: 'protocol',
    meaning: 'Participants were shown different rosters or different key commitments.',
    action:
      'The coordinator lied or is broken: participants compare the digests in fedrisk jobs show and stop using it until explained.',
  },
  ROSTER_ENTRY_REPLAYED: {
    kind: 'protocol',
    meaning: 'A roster entry was made for another job.',
    action: 'The coordinator replayed an old entry: stop using it until explained.',
  },
  COMMITMENT_MISMATCH: {
    kind: 'protocol',
    meaning: 'A shared key or reconstructed secret does not fit the commitment signed before.',
    action: 'The named sender, or the coordinator between, misbehaved: stop and compare logs.',
  },
  SEALED_INVALID: {
    kind: 'protocol',
    meaning: 'A sealed message is unsigned, replayed, out of order, for somebody else, or does not open.',
    action: 'The named sender, or the coordinator between, misbehaved: stop and compare logs.',
  },
  SUM_OUT_OF_ORDER: {
    kind: 'protocol',
    meaning: 'The coordinator asked for a sum that does not follow from the job so far.',
    action: 'The coordinator lied or is broken: stop using it until explained.',
  },
  SUM_SHAPE: {
    kind: 'protocol',
    meaning:
      'A contribution has another length, round, purpose or parameter set than the others. Sums that take everybody end with it, others go on without it.',
    action: 'The named participant runs the same package version and data contract as the others.',
  },
  SUM_MALFORMED: {
    kind: 'protocol',
    meaning: 'The bytes of a contribution or of a sum are not what the parameter set prescribes.',
    action: 'The named party runs the same package version as the others; if it does, treat it as hostile.',
  },
  SUM_SLOT_MISMATCH: {
    kind: 'protocol',
    meaning: 'The opened sum does not contain exactly one contribution of each survivor.',
    action:
      'The coordinator dropped, repeated or scaled a contribution: the job ends; stop using it until explained.',
  },
  SUM_MAC_MISMATCH: {
    kind: 'protocol',
    meaning:
      'The opened sum fails its message authentication codes: it was changed after the participants encrypted it.',
    action: 'The coordinator changed the sum: the job ends; stop using it until explained.',
  },
  SUM_DIGEST_MISMATCH: {
    kind: 'protocol',
    meaning: 'Different bytes were shown for one sum or one contribution.',
    action: 'The coordinator lied or its storage is broken: the job ends; stop using it until explained.',
  },
  ROUND_CLOSED: {
    kind: 'limit',
    meaning:
      'The update came after its round had gone on with a quorum; it was not included and nothing of it was opened.',
    action:
      'Nothing: the participant goes on with the next round. If it happens often, the submitter raises deadlines.graceSeconds.',
  },
  KEYS_CLOSED: {
    kind: 'limit',
    meaning:
      'The participant has no part in the sums of a batch, which closed without its mask keys: it was away while they were made.',
    action:
      'Nothing: the participant goes on with the next batch. If it happens often, the submitter lowers participation.keyBatch.',
  },
  KEYS_MISMATCH: {
    kind: 'protocol',
    meaning: 'Participants were told differently who has mask keys for a sum.',
    action: 'The coordinator lied or is broken: stop using it until explained.',
  },
  SURVIVORS_TOO_FEW: {
    kind: 'limit',
    meaning:
      'Fewer contributions than the job needs (participation.quorum, in statistics everybody) can be included, so the sum must stay closed.',
    action: 'The missing participants come back; the submitter runs the job again.',
  },
  SURVIVORS_MISMATCH: {
    kind: 'protocol',
    meaning:
      'The survivor set names a contribution that its sender did not sign, or differs from one signed before.',
    action: 'The coordinator lied or is broken: stop using it until explained.',
  },
  MODEL_DISAGREEMENT: {
    kind: 'protocol',
    meaning: 'Participants report different models, metrics or next steps after the same sum.',
    action: 'All participants run the same package version; compare models with fedrisk participant status.',
  },
} as const satisfies ErrorArea;

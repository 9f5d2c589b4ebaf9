import type { ErrorArea } from './entry.js';

/** Jobs on the same customers in two domains: alignment, encrypted products, binning, fitting, scoring. */
export const verticalErrors = {
  DATASET_ID_EMPTY: {
    kind: 'input',
    meaning:
      'Rows have no customer id, or none is left after the declared normalisation; row numbers are named.',
    action: 'The participant operator fills the id column, or leaves such rows out with `where`.',
  },
  DATASET_LABEL_MISSING: {
    kind: 'input',
    meaning: 'The label holder of the job has no label in its dataset file.',
    action:
      'The submitter names the participant with labels as labelHolder, or its operator adds label to the dataset file.',
  },
  PLAINTEXT_REFUSED: {
    kind: 'refused',
    meaning:
      'A job without encryption is for tests between nodes on one machine; this node was not started for it, or dials another machine.',
    action:
      'The submitter leaves --plaintext out. For a test the operators of all nodes start them with --plaintext, on loopback.',
  },
  PSI_POINT_INVALID: {
    kind: 'protocol',
    meaning:
      'A blinded id is no canonical X25519 value or lies on the small-order list, which would show rows of the other side.',
    action: 'The named participant runs the same package version; if it does, treat it as hostile.',
  },
  PSI_SET_CHANGED: {
    kind: 'conflict',
    meaning:
      'The rows or ids of the dataset changed after the alignment of this job began; its blinding is bound to them.',
    action:
      'The participant operator keeps the source still while jobs run; the submitter submits the job again.',
  },
  PSI_SIZE_LIMIT: {
    kind: 'limit',
    meaning: 'A set of ids is larger or smaller than a policy allows.',
    action:
      'The participant operators compare alignment limits in their policies with the sizes of their datasets.',
  },
  ALIGNMENT_EMPTY: {
    kind: 'input',
    meaning: 'The participants have no customer in common.',
    action:
      'The participants agree on one customer key and declare the same normalisation under id in their dataset files.',
  },
  ALIGNMENT_TOO_SMALL: {
    kind: 'limit',
    meaning: 'Fewer customers are common to all participants than the job or a policy asks for.',
    action:
      'The participants check that both ids mean the same; the submitter lowers alignment.minimumRows, or the named operator its policy.',
  },
  POLICY_ALIGNMENT: {
    kind: 'refused',
    meaning:
      'No rule of the policy allows to align customers for this job, or its sessions for the period are used up.',
    action: 'The participant operator adds or widens alignment in a rule, or waits for the next period.',
  },
  POLICY_LABELS: {
    kind: 'refused',
    meaning: 'The policy of the label holder does not let labels serve this job in this way.',
    action: 'The operator of the label holder allows labels.woe or labels.fit in a rule.',
  },
  POLICY_SCORES: {
    kind: 'refused',
    meaning: 'The policy of a feature holder does not release score parts for these rows.',
    action:
      'The operator of the feature holder allows scores in a rule, or the submitter asks for fewer rows.',
  },
  LABELS_NOT_SHARED: {
    kind: 'refused',
    meaning: 'The job needs WOE values at a feature holder, and the label holder keeps them.',
    action:
      'The operator of the label holder allows labels.woe in a rule, or the job runs as a binning that reports IV only.',
  },
  LABEL_BUDGET_EXCEEDED: {
    kind: 'limit',
    meaning:
      'The job would release more functionals of the labels than their lifetime budget has left; exact functionals in numbers reconstruct labels.',
    action:
      'The submitter asks for fewer bins or features; the operator of the label holder sees fedrisk labels, and may record a waiver in the policy.',
  },
  CIPHERTEXT_MALFORMED: {
    kind: 'protocol',
    meaning:
      'Ciphertexts of an encrypted product have another size, parameter set or residue range than the job fixes.',
    action: 'The named participant runs the same package version; if it does, treat it as hostile.',
  },
  PRODUCT_RANGE: {
    kind: 'limit',
    meaning: 'No checked parameter set holds the product of this many rows and features exactly.',
    action: 'The participants take fewer rows, or the submitter fewer features.',
  },
  FEATURE_CONSTANT: {
    kind: 'input',
    meaning: 'A feature has one value, or one bin, in all common training rows: it explains nothing.',
    action: 'The submitter leaves the feature out; the owner checks its mapping.',
  },
  FEATURE_MISSING_ALL: {
    kind: 'input',
    meaning: 'A feature is missing in every common training row.',
    action: 'The submitter leaves the feature out; the owner checks mapping and missing values.',
  },
  FEATURE_SEPARATES: {
    kind: 'input',
    meaning:
      'A feature separates bad from good customers perfectly, or nearly: it most likely contains the answer.',
    action:
      'The owner checks when the feature was recorded; the submitter leaves it out, or sets binning.allowSeparating.',
  },
  SCHEMA_DRIFT: {
    kind: 'input',
    meaning:
      'Features to score have another type, other categories or far more missing values than in training.',
    action: 'The named participant corrects mapping or source of the dataset, or the parties train again.',
  },
  SCORES_NOT_RELEASED: {
    kind: 'refused',
    meaning: 'The job released no joint score, so there is no metric, calibration or report of it.',
    action: 'The submitter sets scores.release, and the feature holders allow it by policy.',
  },
  PARCEL_MALFORMED: {
    kind: 'protocol',
    meaning:
      'A sealed parcel between two participants does not open, or does not hold what the step prescribes.',
    action: 'The named sender, or the coordinator between, misbehaved: stop and compare logs.',
  },
  STEP_OUT_OF_ORDER: {
    kind: 'protocol',
    meaning: 'The coordinator opened a step that does not follow from the job so far.',
    action: 'The coordinator lied or is broken: stop using it until explained.',
  },
  SCORE_UNKNOWN_CUSTOMER: {
    kind: 'missing',
    meaning: 'A participant of the joint score has no row of this customer.',
    action: 'The bank scores the customer with its own model, or waits until the partner has data.',
  },
  SCORE_REFUSED: {
    kind: 'refused',
    meaning:
      'A partner of the joint model does not answer score requests: no permission, limit reached, or no such model there.',
    action: 'The named partner allows scores.online in its policy and keeps model and dataset in place.',
  },
  SCORE_TIMEOUT: {
    kind: 'unavailable',
    meaning: 'A partner of the joint model did not answer in time.',
    action: 'Try again; the operator of the named partner looks at fedrisk participant status.',
  },
} as const satisfies ErrorArea;

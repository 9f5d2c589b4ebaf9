import type { ErrorArea } from './entry.js';

export const policyErrors = {
  POLICY_REFUSED: {
    kind: 'refused',
    meaning: 'No rule of the participant policy allows this job.',
    action: 'The participant operator adds a rule to its policy file if the job is wanted.',
  },
  POLICY_COORDINATOR: {
    kind: 'refused',
    meaning: 'The participant policy does not list this coordinator.',
    action: 'The participant operator adds the coordinator to its policy file if it is trusted.',
  },
  POLICY_PEER: {
    kind: 'refused',
    meaning: 'The participant policy does not allow a peer of this job.',
    action: 'The submitter leaves that peer out, or the participant operator allows it.',
  },
  PEER_NOT_PINNED: {
    kind: 'refused',
    meaning:
      'A peer of this job has no pinned identity key here, so nobody could tell it from an invention of the coordinator.',
    action:
      'The participant operator compares the key with the peer by another way and runs fedrisk participant peers trust.',
  },
  PEER_KEY_CHANGED: {
    kind: 'protocol',
    meaning: 'A peer shows another identity key or organisation than the one that was pinned.',
    action: 'Stop. Ask the peer by another way whether it changed its key; only then pin the new one.',
  },
  POLICY_DATASET: {
    kind: 'refused',
    meaning: 'The participant policy does not release this dataset to this kind of job.',
    action: 'The participant operator changes the policy, or the submitter names another dataset.',
  },
  POLICY_FEATURE: {
    kind: 'refused',
    meaning: 'The participant policy withholds a feature that the job asks for.',
    action: 'The submitter drops the named features, or the participant operator allows them.',
  },
  POLICY_PURPOSE: {
    kind: 'refused',
    meaning: 'The participant policy does not allow the purpose of the job.',
    action: 'The submitter agrees on the purpose with the participant first.',
  },
  POLICY_ALGORITHM: {
    kind: 'refused',
    meaning: 'The participant policy does not allow this algorithm or model kind.',
    action: 'The submitter chooses an allowed one, or the participant operator allows it.',
  },
  POLICY_COHORT: {
    kind: 'refused',
    meaning:
      'The job has fewer contributors or fewer rows than the participant policy asks for, or its rounds may leave out more participants.',
    action:
      'The submitter names more participants or raises participation.quorum, or the participant operator lowers the minimum.',
  },
  POLICY_ROUNDS: {
    kind: 'refused',
    meaning: 'The job has more rounds than the participant policy allows.',
    action: 'The submitter lowers training.rounds, or the participant operator raises maximumRounds.',
  },
  POLICY_RELEASE: {
    kind: 'refused',
    meaning: 'The job releases a metric that the participant policy keeps inside.',
    action: 'The submitter shortens release, or the participant operator allows it.',
  },
  POLICY_INVALID: {
    kind: 'input',
    meaning:
      'The policy file has a field that is missing, unknown or out of range; file, line and field are named. Until it is corrected every job is refused.',
    action: 'The participant operator corrects the named lines.',
  },
  STATISTICS_DIFFERENCING: {
    kind: 'refused',
    meaning:
      'A sum over the same rows was opened before for other participants: statistics for nearly the same ones, or a round or evaluation over the same model for any others. The difference of the two sums would show what single participants hold.',
    action:
      'The submitter starts the job again with all participants of the earlier sum and nobody else (participation.quorum at their number has rounds wait for all of them), or, where it was a round over the same model, with another training.seed; or it waits until the data has changed.',
  },
  APPROVAL_REFUSED: {
    kind: 'refused',
    meaning: 'A person at the participant refused the job.',
    action: 'The submitter talks to the participant; the reason it gave stands beside the code.',
  },
} as const satisfies ErrorArea;

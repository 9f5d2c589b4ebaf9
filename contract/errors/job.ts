import type { ErrorArea } from './entry.js';

export const jobErrors = {
  SPEC_INVALID: {
    kind: 'input',
    meaning:
      'The job spec has a field that is missing, unknown or out of range; file, line and field are named.',
    action: 'The submitter corrects the named lines and submits again.',
  },
  SPEC_TOO_FEW_PARTIES: {
    kind: 'refused',
    meaning:
      'With fewer than max(3, colluders + 2) contributors each could subtract its own part from the sum and read the others.',
    action:
      'The submitter names more participants of distinct organisations, or lowers colluders if that is true to life.',
  },
  JOB_UNKNOWN: {
    kind: 'missing',
    meaning: 'There is no job of this id here.',
    action: 'List jobs with fedrisk jobs list.',
  },
  ROUND_UNKNOWN: {
    kind: 'missing',
    meaning: 'The job has not reached this round.',
    action: 'List rounds with fedrisk rounds list JOB.',
  },
  JOB_ENDED: {
    kind: 'conflict',
    meaning: 'The job has ended; nothing can be added to it.',
    action: 'Look at it with fedrisk jobs show JOB; submit a new job to go on.',
  },
  TRANSCRIPT_BEHIND: {
    kind: 'protocol',
    meaning:
      'The coordinator shows less of a job than it showed before, or something else: an older copy of its store is in use.',
    action:
      'The coordinator operator finds the newest store, or tells the submitter to submit the job again; nothing of it is signed twice.',
  },
  JOURNAL_BEHIND: {
    kind: 'conflict',
    meaning:
      'A job shows something that a participant signed and does not remember: an older copy of its home is in use. It has left the job and signs nothing of it again.',
    action:
      'The operator of the participant puts the newest copy of its home back before it takes part in other jobs: its ledgers of labels, alignments and statistics are set back too.',
  },
  CIPHERTEXT_LOST: {
    kind: 'unavailable',
    meaning:
      'A contribution that the transcript names is not on the disk of the coordinator, as after a restore from a backup without ciphertexts.',
    action: 'The submitter submits the job again.',
  },
  JOB_REPLAYED: {
    kind: 'protocol',
    meaning: 'A job of this id was accepted before; a job id is accepted once.',
    action: 'Submit the spec again: fedrisk jobs submit draws a new nonce.',
  },
  IDEMPOTENCY_CONFLICT: {
    kind: 'conflict',
    meaning: 'This idempotency key belongs to a job with another spec.',
    action: 'The submitter uses a new key for a new spec.',
  },
  PARTICIPANT_UNKNOWN: {
    kind: 'missing',
    meaning: 'The spec names a participant that is not enrolled here, or whose certificate was revoked.',
    action: 'Check the name with fedrisk participants list; the coordinator operator invites who is missing.',
  },
  DEADLINE_MISSED: {
    kind: 'limit',
    meaning: 'A step was not done by its deadline; the parties that were missing are named.',
    action:
      'The named participants check their node (fedrisk participant status); the submitter runs the job again, with longer deadlines if the work needs them.',
  },
  WAIT_STOPPED: {
    kind: 'limit',
    meaning: 'The command stopped waiting before the job ended, by --timeout or Ctrl-C; the job goes on.',
    action:
      'Wait again with fedrisk jobs wait JOB or jobs watch JOB; stop the job with fedrisk jobs cancel JOB.',
  },
  JOB_CANCELLED: {
    kind: 'conflict',
    meaning: 'A person stopped the job.',
    action: 'Ask who cancelled it; its name and reason are in fedrisk jobs show JOB.',
  },
} as const satisfies ErrorArea;

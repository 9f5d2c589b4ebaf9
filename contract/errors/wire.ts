import type { ErrorArea } from './entry.js';

export const wireErrors = {
  MESSAGE_MALFORMED: {
    kind: 'protocol',
    meaning: 'A message lacks a field or holds one out of bounds.',
    action: 'Update the sender; if it is up to date, treat it as hostile.',
  },
  MESSAGE_TOO_LARGE: {
    kind: 'limit',
    meaning: 'A message or upload is larger than its limit.',
    action: 'Update the sender; if it is up to date, treat it as hostile.',
  },
  MESSAGE_UNEXPECTED: {
    kind: 'protocol',
    meaning: 'A message is out of place: wrong job state, wrong round, or not from a participant of the job.',
    action: 'Usually a late message; if it repeats, update the sender.',
  },
  MESSAGE_CONFLICT: {
    kind: 'protocol',
    meaning: 'The sender already said something else in the same place; the first stands.',
    action:
      'The named sender lost its journal or equivocates: it restores its home folder or leaves the job.',
  },
  UPLOAD_OFFSET: {
    kind: 'conflict',
    meaning: 'An upload went on at another place than the stored part ends.',
    action: 'The sender asks how much arrived and goes on there; clients do so by themselves.',
  },
  UPLOAD_DIGEST: {
    kind: 'protocol',
    meaning: 'The bytes of an upload do not fit its digest.',
    action: 'The sender uploads again; if it repeats, the path damages data.',
  },
  UPLOAD_MISSING: {
    kind: 'conflict',
    meaning: 'A message tells of an upload that the coordinator does not hold in full, or holds no more.',
    action:
      'The sender uploads again, by itself; if it repeats, the operator of the coordinator looks for lost files in its store.',
  },
  COORDINATOR_UNREACHABLE: {
    kind: 'unavailable',
    meaning: 'The coordinator does not answer.',
    action:
      'Check address, port and network; the coordinator operator checks that it runs (fedrisk coordinator start).',
  },
  STORAGE_FULL: {
    kind: 'unavailable',
    meaning:
      'A machine cannot store anything: its disk is full, read-only or fails, or another process holds its database for too long. Nothing is lost.',
    action:
      'The operator of the machine makes room, or mounts the disk for writing again: of the coordinator where the message names it, else of the machine whose log has the message. Participants and the coordinator try again by themselves.',
  },
  SESSION_ENDED: {
    kind: 'unavailable',
    meaning:
      'The coordinator ended a session: a newer one of the same participant took over, or it was silent or took nothing of what it was sent for too long.',
    action:
      'Participants connect again by themselves; if it repeats, look for a second process that uses the same home.',
  },
  VERSION_UNSUPPORTED: {
    kind: 'conflict',
    meaning:
      'Two parties run versions of fedrisk that do not go together: more than one minor version apart, a participant newer than its coordinator, or a participant older than a job needs; or a command is newer than the tables of the coordinator it is for.',
    action:
      'The party that is named upgrades fedrisk: the coordinator first, its participants within one minor version. Then submit the job again. Tables are brought along by the first start of a newer coordinator.',
  },
  RATE_LIMITED: {
    kind: 'limit',
    meaning:
      'Too many calls in a short time, too many calls or connections open at once, or an answer that was not read for a minute.',
    action: 'Wait a little; clients try again by themselves.',
  },
  CONFIG_INVALID: {
    kind: 'input',
    meaning: 'A command-line argument or configuration file is wrong; the field is named.',
    action: 'Correct it; --help shows an example.',
  },
  HOME_INVALID: {
    kind: 'input',
    meaning: 'The home folder lacks files of an initialised coordinator, participant or user.',
    action:
      'Give --home (or FEDRISK_HOME), or initialise it: fedrisk coordinator init, fedrisk participant enroll, fedrisk user enroll.',
  },
  HOME_IN_USE: {
    kind: 'conflict',
    meaning: 'Another process runs on this home folder.',
    action: 'Stop it first, or use another home folder.',
  },
  BACKUP_INVALID: {
    kind: 'input',
    meaning: 'The file is no backup of a coordinator, or it was cut off or changed.',
    action: 'Give another copy of the backup to fedrisk coordinator restore.',
  },
  INTERNAL: {
    kind: 'internal',
    meaning: 'A fault of this software.',
    action: 'Report it with the log; the job state is kept.',
  },
} as const satisfies ErrorArea;

import type { Secret } from '../contract/index.js';
import type { CoordinatorDoor } from './coordinator-door.js';
import type { ParticipantDoor } from './participant-door.js';

/**
 * The coordinator and the participant, loaded when a command needs them: help, explain and spec checks
 * start without the training and encryption libraries.
 */
export interface Doors {
  coordinator(): Promise<CoordinatorDoor>;
  participant(): Promise<ParticipantDoor>;
}

/** Where a command works: a home folder and what opens its keystore. */
export interface HomeOrder {
  readonly home: string;
  readonly passphrase?: Secret;
}

/** A coordinator or participant at work in this process. */
export interface Running {
  /** Of nodes that may stop by themselves: rejects with the reason when one did. */
  readonly ended?: Promise<void>;
  /** Finishes what is being written, then lets go of ports, files and workers. */
  close(): Promise<void>;
}

/** How much a node writes to standard error, as JSON lines. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

import type { HomeOrder, LogLevel, Running } from './doors.js';

/** What the CLI asks of coordinator/main.ts. */
export interface CoordinatorDoor {
  initCoordinator(
    order: HomeOrder & {
      readonly name: string;
      readonly organisation: string;
      /** Host names and IP addresses for the server certificate. */
      readonly hosts: readonly string[];
      /** host:port that parties dial. */
      readonly address: string;
      readonly enrolmentAddress: string;
    },
  ): Promise<{
    readonly caFingerprint: string;
    readonly operatorHome: string;
    /** Files that now hold a passphrase each, when none was given. */
    readonly passphraseFiles: readonly string[];
  }>;
  createInvitation(
    order: HomeOrder & {
      readonly name: string;
      readonly organisation: string;
      readonly role: string;
      readonly validMs: number;
      readonly address?: string;
      readonly enrolmentAddress?: string;
    },
  ): Promise<{ readonly token: string; readonly expiresMs: number }>;
  revokeParty(order: HomeOrder & { readonly name: string; readonly reason: string }): Promise<void>;
  listParties(order: HomeOrder): Promise<readonly PartyRow[]>;
  startCoordinator(
    order: HomeOrder & {
      /** Interface to listen on. */
      readonly host: string;
      /** 0 takes a free port. */
      readonly port: number;
      readonly enrolmentPort: number;
      readonly logLevel: LogLevel;
    },
  ): Promise<Running & { readonly port: number; readonly enrolmentPort: number }>;
}

export interface PartyRow {
  readonly name: string;
  readonly organisation: string;
  readonly role: string;
  readonly status: string;
  readonly identityKey: string;
  readonly certificateFingerprint: string;
  readonly expiresMs: number;
}

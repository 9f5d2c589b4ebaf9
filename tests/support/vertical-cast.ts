import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  drawNonce,
  type JobId,
  jobIdOfSpec,
  jobSpec,
  type ParticipantName,
  Secret,
  type Step,
  stepAfter,
  stepsOf,
  type VerticalSpec,
} from '../../contract/index.js';
import {
  forgetJob,
  type InboundParcel,
  type LabelBudget,
  type LabelRelease,
  performStep,
  type StepOutcome,
  type StepWork,
  type VerticalGrant,
  type VerticalModel,
  type VerticalResult,
} from '../../participant/vertical/index.js';

export const openGrant: VerticalGrant = {
  maximumPeerRows: 10_000_000,
  minimumOwnRows: 20,
  minimumCommonRows: 20,
  woe: true,
  scores: 'all',
  maximumReleasedShare: 1,
};

/** In memory where the system has such a place: every file of a step is synced, and a disk makes that slow. */
export function scratchFolder(name: string): string {
  const memory = '/dev/shm';
  return mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), `fedrisk-${name}-`));
}

/** One party of a vertical job, without network: its folders and what its journal would keep. */
export class VerticalParty {
  readonly name: ParticipantName;
  readonly root: string;
  grant: VerticalGrant = openGrant;
  readonly ownSalt = new Secret(randomBytes(32));
  readonly answered: LabelBudget['answered'][number][] = [];

  constructor(name: string) {
    this.name = name as ParticipantName;
    this.root = scratchFolder(name);
    mkdirSync(this.datasets);
    mkdirSync(this.jobs);
  }

  get datasets(): string {
    return join(this.root, 'datasets');
  }

  get jobs(): string {
    return join(this.root, 'jobs');
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A spec as its submitter writes it, names as plain text. */
export function verticalSpecOf(input: object): VerticalSpec {
  return jobSpec.parse({ ...input, nonce: drawNonce() }) as VerticalSpec;
}

export interface VerticalRun {
  readonly jobId: JobId;
  readonly reports: ReadonlyMap<string, NonNullable<StepOutcome['report']>>;
  /** What the label holder was charged for, over all steps. */
  readonly releases: readonly LabelRelease[];
  folderOf(name: string): string;
  resultOf(name: string): VerticalResult;
  modelOf(name: string): VerticalModel;
}

export interface RunOptions {
  /** Changes or reads a parcel on its way. */
  readonly tamper?: (parcel: InboundParcel & { readonly to: ParticipantName }) => void;
  /** Runs before a party takes a step. */
  readonly before?: (work: StepWork) => Promise<void> | void;
  /** Runs after a party took a step. */
  readonly after?: (work: StepWork, outcome: StepOutcome) => Promise<void> | void;
  /** Every step is worked twice with nothing in memory before each; only what the second attempt wrote is sent. */
  readonly restarts?: boolean;
}

/** Own steps after which a parcel is swept, as in participant/rounds/perform-steps.ts. */
const usesOfParcel = 2;

/**
 * Runs every step at every party in order, parcels handed over as files. Sealing and transport are tested elsewhere.
 * What a party may look into is what a participant keeps for it: parcels of the last two steps, and keys.
 */
export async function runVertical(
  spec: VerticalSpec,
  parties: readonly VerticalParty[],
  { tamper, before, after, restarts = false }: RunOptions = {},
): Promise<VerticalRun> {
  const jobId = jobIdOfSpec(spec);
  const members = new Map(parties.map((party) => [party.name, member(party, jobId)]));
  const reports = new Map<string, NonNullable<StepOutcome['report']>>();
  const released: LabelRelease[] = [];
  const course = stepsOf(spec);
  let last = false;
  for (let step = course[0]; step !== undefined; step = stepAfter(course, step, last)) {
    const arrived: { to: ParticipantName; parcel: InboundParcel }[] = [];
    for (const { party, folder, inbox, secrets, jobSecret } of members.values()) {
      const outbox = outboxOf(step, party.name, folder);
      if (outbox.length === 0 && !step.reports.includes(party.name)) continue;
      sweep(spec, inbox, party.name, step.number);
      const work: StepWork = {
        ...{ spec, jobId, me: party.name, step, rosterDigest: 'd'.repeat(64) },
        ...{ datasetFolder: party.datasets, jobsFolder: party.jobs, folder, inbox, outbox },
        ...{ grant: party.grant, jobSecret, ownSalt: party.ownSalt, secrets, sources: {} },
        ...(party.name === spec.labelHolder && {
          labels: { spent: 0, waived: false, answered: party.answered },
        }),
        signal: new AbortController().signal,
        progress: () => {},
      };
      await before?.(work);
      if (restarts) {
        await performStep(work);
        forgetJob(jobId);
      }
      const outcome = await performStep(work);
      for (const [name, secret] of outcome.keep ?? []) secrets.set(name, secret);
      for (const release of outcome.releases ?? []) {
        const { holder, kind, question, answer } = release;
        party.answered.push({ holder, kind, question, answer });
        released.push(release);
      }
      if (outcome.report) reports.set(party.name, outcome.report);
      last = outcome.report?.last === true;
      for (const { to, path } of outbox) {
        const parcel = { step: step.number, name: step.name, round: step.round, from: party.name, path };
        arrived.push({ to, parcel });
      }
      await after?.(work, outcome);
    }
    for (const { to, parcel } of arrived) {
      const { folder, inbox } = members.get(to)!;
      const path = join(folder, `parcel-${parcel.step}-from-${parcel.from}`);
      copyFileSync(parcel.path, path);
      rmSync(parcel.path);
      tamper?.({ ...parcel, path, to });
      inbox.push({ ...parcel, path });
    }
  }
  const folderOf = (name: string) => members.get(name as ParticipantName)!.folder;
  const read = (name: string, file: string) => JSON.parse(readFileSync(join(folderOf(name), file), 'utf8'));
  return {
    jobId,
    reports,
    releases: released,
    folderOf,
    resultOf: (name) => read(name, 'result.json'),
    modelOf: (name) => read(name, 'model.json'),
  };
}

/** The same work on a copy of everything it may change; for attempts that must not leave a trace. */
export function onCopy(work: StepWork, scratch: string): StepWork {
  cpSync(work.folder, scratch, { recursive: true });
  const moved = <P extends { readonly path: string }>(file: P) => ({
    ...file,
    path: join(scratch, basename(file.path)),
  });
  const outbox = outboxOf(work.step, work.me, scratch);
  return { ...work, folder: scratch, inbox: work.inbox.map(moved), outbox };
}

function sweep(spec: VerticalSpec, inbox: InboundParcel[], me: ParticipantName, before: number): void {
  const own = stepsOf(spec).filter(
    ({ number, parcels, reports }) =>
      number < before && (reports.includes(me) || parcels.some(({ from }) => from === me)),
  );
  for (const parcel of [...inbox]) {
    const uses = own.filter(({ number }) => number > parcel.step).length;
    if (parcel.name === 'keys' || uses < usesOfParcel) continue;
    rmSync(parcel.path);
    inbox.splice(inbox.indexOf(parcel), 1);
  }
}

function member(party: VerticalParty, jobId: JobId) {
  const folder = join(party.jobs, jobId);
  if (!existsSync(folder)) mkdirSync(folder);
  const inbox: InboundParcel[] = [];
  return {
    party,
    folder,
    inbox,
    secrets: new Map<string, Secret>(),
    jobSecret: new Secret(randomBytes(32)),
  };
}

function outboxOf({ number, parcels }: Step, me: string, folder: string) {
  return parcels
    .filter(({ from }) => from === me)
    .map(({ to }) => plainOutbound(to, join(folder, `step-${number}-to-${to}`)));
}

/** Plaintexts go from folder to folder here. */
function plainOutbound(to: ParticipantName, path: string) {
  return {
    ...{ to, path },
    async seal(plain: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
      const pieces: Uint8Array[] = [];
      for await (const piece of plain) pieces.push(Uint8Array.from(piece));
      writeFileSync(path, Buffer.concat(pieces));
    },
  };
}

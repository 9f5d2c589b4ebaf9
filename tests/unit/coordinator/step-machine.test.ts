import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  commitmentsDigest,
  type EventOf,
  type ParticipantName,
  type PostBody,
  type StepName,
} from '../../../contract/index.js';
import { isExchanging, type JobState, step } from '../../../coordinator/rounds/index.js';
import { coded } from '../../support/coded.js';
import { commitments, digest, reveal, sealed } from './support/honest.js';
import { TableJob } from './support/table-job.js';
import { bank, opens, parcelPost, platform, reportPost, verticalSpec } from './support/vertical.js';

const four = ['bank-a', 'bank-b', 'platform-x', 'platform-y'] as ParticipantName[];

function refused(job: TableJob, name: ParticipantName, body: PostBody, facts = {}, frame = {}): string {
  const before = job.state;
  const code = coded(() => job.post(name, body, facts, frame));
  expect(job.state).toBe(before);
  return code;
}

function opened(job: TableJob): EventOf<'stepOpened'>[] {
  return job.events.flatMap(({ body }) => (body.kind === 'stepOpened' ? [body] : []));
}

function keying(stage: string) {
  return (state: JobState) => state.kind === 'keying' && state.keying.stage === stage;
}

const fitOfTwo: StepName[] = ['terms', 'products', 'openings'];
const fitOfFour: StepName[] = ['terms', 'hop', 'hop', 'spread', 'products', 'openings'];
const start: StepName[] = ['keys', 'blind', 'pledge', 'double', 'select'];
const bins: StepName[] = ['labels', 'counts', 'woe'];

describe('an undisturbed vertical job', () => {
  it.each([
    [
      'training of two',
      verticalSpec(),
      [...start, ...bins, ...fitOfTwo, ...fitOfTwo, 'parts', 'result', 'close'],
      2,
    ],
    [
      'training of four',
      verticalSpec({}, four),
      [...start, ...bins, ...fitOfFour, ...fitOfFour, 'parts', 'result', 'close'],
      2,
    ],
    [
      'training without scores',
      verticalSpec({ scores: { release: 'none' } }),
      [...start, ...bins, ...fitOfTwo, ...fitOfTwo, 'result', 'close'],
      2,
    ],
    ['binning', verticalSpec({ type: 'binning' }), [...start, ...bins, 'close'], 0],
    [
      'scoring of two',
      verticalSpec({ type: 'scoring', model: { job: `job-${'0'.repeat(32)}` } }),
      [...start.slice(1), 'parts', 'close'],
      0,
    ],
  ])('opens the steps of a %s one after the other and finishes', (_, spec, names, rounds) => {
    const job = TableJob.of(spec).run();
    expect(job.state).toMatchObject({ kind: 'finished', rounds, bestRound: rounds });
    expect(opened(job).map(({ name }) => name)).toEqual(names);
    expect(opened(job).map((event) => event.step)).toEqual(names.map((_name, number) => number));
  });

  it('goes through consent, joining, signing without shared keys, and the phases', () => {
    const job = TableJob.of(verticalSpec());
    const kinds: string[] = [];
    job.run((state) => {
      const kind = state.kind === 'keying' ? `keying ${state.keying.stage}` : state.kind;
      if (kinds.at(-1) !== kind) kinds.push(kind);
      return false;
    });
    expect(kinds).toEqual([
      'awaiting-consent',
      'keying joining',
      'keying signing',
      'aligning',
      'binning',
      'fitting',
      'scoring',
    ]);
  });

  it('ends with the digest of all reported fingerprints in roster order', () => {
    const job = TableJob.of(verticalSpec({}, four)).run();
    const pairs = four.map((name) => `["${name}","${reportPost(0, name).fingerprint}"]`);
    const text = `fedrisk/v1/vertical-model\0{"reports":[${pairs.join(',')}]}`;
    expect(job.state).toMatchObject({ fingerprint: createHash('sha256').update(text).digest('hex') });
  });

  it('refolds to the live state', () => {
    const job = TableJob.of(verticalSpec({}, four)).run();
    let state: JobState | undefined;
    for (const event of job.events) state = step(state, event);
    expect(state).toEqual(job.state);
  });

  it('goes no way but forward: a stored step out of order is a damaged log', () => {
    const { events } = TableJob.of(verticalSpec()).run();
    const places = events.flatMap(({ body }, at) => (body.kind === 'stepOpened' ? [at] : []));
    const change = (at: number, fields: object) => () => {
      let state: JobState | undefined;
      for (const event of events.slice(0, at)) state = step(state, event);
      step(state, { ...events[at]!, body: { ...events[at]!.body, ...fields } as never });
    };
    const third = places[3]!;
    expect(coded(change(third, {}))).toBe('no error');
    expect(coded(change(third, { step: 2, name: 'double' }))).toBe('INTERNAL');
    expect(coded(change(third, { step: 4, name: 'labels' }))).toBe('INTERNAL');
    expect(coded(change(third, { name: 'blind' }))).toBe('INTERNAL');
    expect(coded(change(third, { round: 1 }))).toBe('INTERNAL');
    expect(coded(change(places[0]!, { step: 1, name: 'blind' }))).toBe('INTERNAL');
  });
});

describe('keying of a vertical job', () => {
  it('has no shared keys: what makes them is refused, and a signature must say so', () => {
    const job = TableJob.of(verticalSpec()).run(keying('signing'));
    const keys = { kind: 'keyCommitments', ...commitments } as const;
    expect(refused(job, bank, keys)).toBe('MESSAGE_UNEXPECTED');
    expect(refused(job, bank, sealed(platform, 'job-keys', 0))).toBe('MESSAGE_UNEXPECTED');
    const signature = job.honest(bank);
    if (signature?.kind !== 'rosterSignature') throw new Error('no signature');
    const other = { ...signature, commitmentsDigest: commitmentsDigest(keys) };
    expect(refused(job, bank, other)).toBe('ROSTER_MISMATCH');
    expect(refused(job, bank, { ...signature, rosterDigest: digest('other') })).toBe('ROSTER_MISMATCH');
    job.post(bank, signature).post(platform, job.honest(platform)!);
    expect(job.state.kind).toBe('aligning');
  });

  it('asks for no mask keys, whoever offers them', () => {
    const job = TableJob.of(verticalSpec()).run(keying('signing'));
    const key = { maskKey: digest('mask'), selfCommitment: digest('self') };
    expect(refused(job, bank, { kind: 'sumKeys', firstSum: 0, keys: [key] })).toBe('MESSAGE_UNEXPECTED');
    expect(refused(job, bank, sealed(platform, 'sum-shares', 0))).toBe('MESSAGE_UNEXPECTED');
  });
});

describe('parcels out of place', () => {
  const job = () => TableJob.of(verticalSpec({}, four)).run(opens('hop', 1));
  const [, second, third, fourth] = four as [
    ParticipantName,
    ParticipantName,
    ParticipantName,
    ParticipantName,
  ];

  it('of another step, route or sender, or without their bytes, are refused', () => {
    const at = job();
    const number = at.state.kind === 'fitting' ? at.state.openStep.step.number : 0;
    const parcel = parcelPost(number, second, third);
    expect(refused(at, second, { ...parcel, step: number - 1 })).toBe('MESSAGE_UNEXPECTED');
    expect(refused(at, second, { ...parcel, step: number + 1 })).toBe('MESSAGE_UNEXPECTED');
    expect(refused(at, second, { ...parcel, to: fourth })).toBe('MESSAGE_UNEXPECTED');
    expect(refused(at, second, { ...parcel, to: second })).toBe('MESSAGE_UNEXPECTED');
    expect(refused(at, third, { ...parcel, to: second })).toBe('MESSAGE_UNEXPECTED');
    expect(refused(at, 'platform-z' as ParticipantName, parcel)).toBe('MESSAGE_UNEXPECTED');
    expect(refused(at, third, parcel, {}, { sender: second })).toBe('MESSAGE_UNEXPECTED');
    expect(refused(at, second, parcel, { complete: false })).toBe('UPLOAD_MISSING');
    expect(refused(at, second, parcel, {}, { rosterDigest: digest('other') })).toBe('ROSTER_MISMATCH');
    expect(refused(at, second, reportPost(number, second))).toBe('MESSAGE_UNEXPECTED');
    at.post(second, parcel);
    expect(at.state).toMatchObject({ openStep: { step: { name: 'hop', number: number + 1 } } });
  });

  it('have no place in a horizontal job or before the steps', () => {
    expect(refused(new TableJob().run(), bank, parcelPost(0, bank, platform))).toBe('JOB_ENDED');
    const running = new TableJob().run((state) => state.kind === 'running');
    expect(refused(running, bank, parcelPost(0, bank, platform))).toBe('MESSAGE_UNEXPECTED');
    expect(refused(running, bank, reportPost(0, bank))).toBe('MESSAGE_UNEXPECTED');
    const signing = TableJob.of(verticalSpec()).run(keying('signing'));
    expect(refused(signing, bank, parcelPost(0, bank, platform))).toBe('MESSAGE_UNEXPECTED');
    const contribution = new TableJob().run((state) => 'current' in state).honest(bank)!;
    const fitting = TableJob.of(verticalSpec()).run(opens('terms'));
    expect(refused(fitting, bank, contribution)).toBe('MESSAGE_UNEXPECTED');
    expect(refused(fitting, bank, reveal(0))).toBe('MESSAGE_UNEXPECTED');
  });
});

describe('reports', () => {
  const closing = (change: object = {}) => TableJob.of(verticalSpec(change)).run(opens('close'));
  const numberOf = (job: TableJob) => (isExchanging(job.state) ? job.state.openStep.step.number : 0);
  const said = (job: TableJob, name: ParticipantName, change: object) =>
    refused(job, name, reportPost(numberOf(job), name, change));
  const accepted = (job: TableJob, name: ParticipantName, change: object) => {
    job.post(name, reportPost(numberOf(job), name, change));
    expect(isExchanging(job.state) && job.state.openStep.reports.get(name)).toMatchObject(change);
  };
  const auc = { name: 'auc', round: 2, value: 0.8 };
  const iv = { party: platform, feature: 'visits', bins: 5, iv: 0.3 };

  it('hold only what the job releases', () => {
    const job = closing();
    expect(said(job, bank, { metrics: [{ ...auc, name: 'brier' }] })).toBe('MESSAGE_MALFORMED');
    expect(said(job, bank, { metrics: [{ ...auc, name: 'trainLoss' }] })).toBe('MESSAGE_MALFORMED');
    expect(said(job, bank, { features: [iv] })).toBe('MESSAGE_MALFORMED');
    accepted(job, bank, { metrics: [auc, { ...auc, name: 'ks' }, { ...auc, name: 'rows' }] });
  });

  it('hold IV of features that the spec names, once each', () => {
    const job = closing({ release: ['iv'] });
    expect(said(job, bank, { features: [{ ...iv, party: 'bank-z' }] })).toBe('MESSAGE_MALFORMED');
    expect(said(job, bank, { features: [{ ...iv, party: bank }] })).toBe('MESSAGE_MALFORMED');
    expect(said(job, bank, { features: [{ ...iv, feature: 'constructor' }] })).toBe('MESSAGE_MALFORMED');
    expect(said(job, bank, { features: [iv, iv] })).toBe('MESSAGE_MALFORMED');
    accepted(job, bank, { features: [iv, { ...iv, feature: 'region' }] });
  });

  it('count labels and scores at the label holder only, and scores only where there are some', () => {
    const job = closing();
    expect(said(job, platform, { labelFunctionals: 1 })).toBe('MESSAGE_MALFORMED');
    expect(said(job, platform, { scoresReleased: 1 })).toBe('MESSAGE_MALFORMED');
    accepted(job, bank, { labelFunctionals: 40, scoresReleased: 100 });
    const none = closing({ scores: { release: 'none' } });
    expect(said(none, bank, { scoresReleased: 1 })).toBe('MESSAGE_MALFORMED');
  });

  it('are expected in the last step, from each once', () => {
    const early = TableJob.of(verticalSpec()).run(opens('result'));
    expect(refused(early, bank, reportPost(numberOf(early), bank))).toBe('MESSAGE_UNEXPECTED');
    const job = closing();
    expect(refused(job, bank, reportPost(numberOf(job) - 1, bank))).toBe('MESSAGE_UNEXPECTED');
    expect(refused(job, bank, parcelPost(numberOf(job), bank, platform))).toBe('MESSAGE_UNEXPECTED');
  });
});

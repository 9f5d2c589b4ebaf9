import { describe, expect, test } from 'vitest';
import type { EventBody, ParticipantName, PostBody } from '../../../contract/index.js';
import { dutiesOf } from '../../../participant/rounds/duties.js';
import { coded } from '../../support/coded.js';
import { digest, VerticalPlay } from './vertical-play.js';

const far = 1_800_000_000_000;
const three = ['bank-a', 'platform-b', 'platform-c'];
const codeOf = (play: VerticalPlay, me?: string) => coded(() => play.transcript(me));
const kinds = (play: VerticalPlay, me: string) =>
  dutiesOf(play.transcript(me), false).map((duty) =>
    duty.kind === 'takeStep' ? `${duty.kind} ${duty.view.step.number}` : duty.kind,
  );

describe('an honest vertical job', () => {
  test.each([
    ['training of a pair', new VerticalPlay()],
    ['training of three', new VerticalPlay(three)],
    ['training without scores', new VerticalPlay(three, { scores: { release: 'none' } })],
  ])('is folded to its end: %s', (_, play) => {
    play
      .joined()
      .signed()
      .through(play.steps.length - 1)
      .finished();
    for (const me of play.names) expect(play.transcript(me).ended?.kind).toBe('finished');
  });

  test('has as many events as its course allows, and not one more', () => {
    const play = new VerticalPlay(three).joined().signed().through(0);
    const { mostEvents } = play.transcript().stepping;
    const aborts = play.names.length;
    const rest = play.steps
      .slice(1)
      .reduce((sum, { parcels, reports }) => sum + 1 + parcels.length + reports.length, 0);
    // Each step may stand still once.
    const stalled = play.steps.length;
    expect(play.bodies.length + rest + stalled + aborts + 1).toBe(mostEvents);
    const again = play.bodies.at(-1)!;
    while (play.bodies.length < mostEvents) play.add(again);
    expect(codeOf(play)).toBe('no error');
    expect(codeOf(play.add(again))).toBe('MESSAGE_UNEXPECTED');
  });

  test('asks for one duty after the other, each only of those who owe it', () => {
    const play = new VerticalPlay().joined();
    expect(kinds(play, 'bank-a')).toEqual(['signRoster']);
    play.signed();
    expect(kinds(play, 'bank-a')).toEqual([]);
    play.opened(0);
    expect(kinds(play, 'bank-a')).toEqual(['takeStep 0']);
    play.say('bank-a', play.parcel(0, 'platform-b'));
    expect(kinds(play, 'bank-a')).toEqual([]);
    expect(kinds(play, 'platform-b')).toEqual(['takeStep 0']);
    play.say('platform-b', play.parcel(0, 'bank-a'));
    // The first step in which one of them owes nothing.
    const oneWay = play.steps.find(({ parcels }) => parcels.length === 1)!;
    expect(oneWay.parcels[0]!.from).toBe('bank-a');
    for (let step = 1; step < oneWay.number; step++) play.opened(step).fulfilled(step);
    play.opened(oneWay.number);
    expect(kinds(play, 'bank-a')).toEqual([`takeStep ${oneWay.number}`]);
    expect(kinds(play, 'platform-b')).toEqual([]);
  });

  test('asks one who owes to several until all of it is said', () => {
    const play = new VerticalPlay(three).joined().signed().opened(0);
    play.say('bank-a', play.parcel(0, 'platform-b'));
    expect(kinds(play, 'bank-a')).toEqual(['takeStep 0']);
    play.say('bank-a', play.parcel(0, 'platform-c'));
    expect(kinds(play, 'bank-a')).toEqual([]);
  });

  test('ends with one duty', () => {
    const play = new VerticalPlay().joined().signed().through(0);
    play.add({ kind: 'failed', code: 'DEADLINE_MISSED', detail: '', parties: [] });
    expect(kinds(play, 'bank-a')).toEqual(['conclude']);
  });

  test('gives a participant the parcels of earlier steps that are for it', () => {
    const play = new VerticalPlay(three).joined().signed().through(1).opened(2).fulfilled(2);
    const parcels = play.transcript('platform-b').stepping.parcelsTo('platform-b' as ParticipantName, 2);
    expect(parcels.map(({ step, route }) => `${step.name} ${route.from}`)).toEqual([
      'keys bank-a',
      'keys platform-c',
      'blind bank-a',
    ]);
  });
});

describe('a coordinator that lies about steps', () => {
  const ready = () => new VerticalPlay().joined().signed();

  test.each<[string, (play: VerticalPlay) => VerticalPlay]>([
    ['a later step first', (play) => play.opened(1)],
    ['the next step under another name', (play) => play.opened(0, { name: 'blind' })],
    ['the next step in another round', (play) => play.opened(0, { round: 1 })],
    ['the next step under another number', (play) => play.opened(0, { step: 1 })],
    ['a step twice', (play) => play.opened(0).opened(0)],
    ['a step again after it is over', (play) => play.through(1).opened(1)],
    ['a step before anything of the one before', (play) => play.opened(0).opened(1)],
    [
      'a step before the last parcel of the one before',
      (play) => play.opened(0).say('bank-a', play.parcel(0, 'platform-b')).opened(1),
    ],
    ['a step after the last', (play) => play.through(play.steps.length - 1).opened(0)],
    [
      'a step that no course has',
      (play) =>
        play
          .through(play.steps.length - 1)
          .add({ kind: 'stepOpened', step: play.steps.length, name: 'close', round: 0, deadlineMs: far }),
    ],
  ])('opens %s', (_, attack) => {
    expect(codeOf(attack(ready()))).toBe('STEP_OUT_OF_ORDER');
  });

  test('opens a step before everybody signed the roster', () => {
    const play = new VerticalPlay(three).joined().signed(['bank-a', 'platform-b']).opened(0);
    expect(codeOf(play)).toBe('STEP_OUT_OF_ORDER');
  });

  test('opens a step before there is a roster', () => {
    const play = new VerticalPlay().joined();
    play.bodies.pop();
    expect(codeOf(play.opened(0))).toBe('MESSAGE_UNEXPECTED');
  });

  test.each<[string, EventBody]>([
    ['asks for mask keys', { kind: 'sumKeysRequested', firstSum: 0, count: 1, deadlineMs: far }],
    ['starts a sum', { kind: 'sumStarted', sum: 0, purpose: 'magnitudes', round: 0, deadlineMs: far }],
    [
      'proposes survivors',
      { kind: 'survivorsProposed', sum: 0, members: ['bank-a' as ParticipantName], deadlineMs: far },
    ],
    [
      'announces a sum',
      { kind: 'sumReady', sum: 0, digest: digest('b'), bytes: 1, addMs: 0, deadlineMs: far },
    ],
  ])('%s in a vertical job', (_, event) => {
    expect(codeOf(ready().opened(0).add(event))).toBe('MESSAGE_UNEXPECTED');
  });

  test.each<[string, (play: VerticalPlay) => VerticalPlay]>([
    ['before its last step', (play) => play.through(play.steps.length - 2).finished()],
    [
      'before the last step is over',
      (play) =>
        play
          .through(play.steps.length - 2)
          .opened(play.steps.length - 1)
          .finished(),
    ],
    [
      'before the last report',
      (play) => {
        const last = play.steps.length - 1;
        return play
          .through(last - 1)
          .opened(last)
          .say('bank-a', play.report(last))
          .finished();
      },
    ],
    [
      'with another outcome than the reports',
      (play) => play.through(play.steps.length - 1).finished({ fingerprint: digest('d') }),
    ],
    ['after fewer rounds', (play) => play.through(play.steps.length - 1).finished({ rounds: 1 })],
    ['with another best round', (play) => play.through(play.steps.length - 1).finished({ bestRound: 0 })],
  ])('declares the job finished %s', (_, attack) => {
    expect(codeOf(attack(ready()))).toBe('MODEL_DISAGREEMENT');
  });

  test('swaps the reports of two participants', () => {
    const play = ready();
    const last = play.steps.length - 1;
    play.through(last - 1).opened(last);
    play.say('bank-a', play.report(last, { fingerprint: digest('1') }));
    const post = play.post('bank-a', play.report(last, { fingerprint: digest('1') }));
    play.add({ kind: 'posted', post: { ...post, sender: 'platform-b' as ParticipantName } });
    expect(codeOf(play)).toBe('SIGNATURE_INVALID');
  });

  test('changes the digest of a parcel on its way', () => {
    const play = ready().opened(0);
    const post = play.post('platform-b', play.parcel(0, 'bank-a'));
    play.add({ kind: 'posted', post: { ...post, body: play.parcel(0, 'bank-a', { digest: digest('f') }) } });
    expect(codeOf(play)).toBe('SIGNATURE_INVALID');
  });

  test('turns a parcel to another receiver', () => {
    const play = new VerticalPlay(three).joined().signed().opened(0);
    const post = play.post('bank-a', play.parcel(0, 'platform-b'));
    play.add({ kind: 'posted', post: { ...post, body: play.parcel(0, 'platform-c') } });
    expect(codeOf(play, 'platform-c')).toBe('SIGNATURE_INVALID');
  });

  test('replays a parcel of another job', () => {
    const earlier = new VerticalPlay().joined();
    const play = ready().opened(0);
    const replayed = earlier.cast.post(earlier.spec, 'platform-b', play.parcel(0, 'bank-a'), earlier.roster);
    play.add({ kind: 'posted', post: replayed });
    expect(codeOf(play)).toBe('SIGNATURE_INVALID');
  });
});

describe('a participant that misbehaves in a vertical job', () => {
  const ready = () => new VerticalPlay(three).joined().signed();

  test('signs commitments to shared keys, which a vertical job has not', () => {
    const play = new VerticalPlay().joined().signed(['platform-b'], digest('e'));
    expect(codeOf(play)).toBe('ROSTER_MISMATCH');
  });

  test('repeats a parcel without harm', () => {
    const play = ready().opened(0);
    const parcel = play.parcel(0, 'bank-a');
    expect(codeOf(play.say('platform-b', parcel).say('platform-b', parcel))).toBe('no error');
  });

  test('announces two parcels on one route', () => {
    const play = ready().opened(0).say('platform-b', play0('a')).say('platform-b', play0('9'));
    expect(codeOf(play)).toBe('MESSAGE_CONFLICT');
  });

  test('announces another parcel when the step is long over', () => {
    const play = ready().through(1).opened(2);
    expect(codeOf(play.say('platform-b', play.parcel(0, 'bank-a', { digest: digest('9') })))).toBe(
      'MESSAGE_CONFLICT',
    );
  });

  const attacks: [string, (play: VerticalPlay) => [string, PostBody]][] = [
    ['a parcel on a route that the step has not', (play) => ['platform-b', play.parcel(1, 'platform-c')]],
    ['a parcel to itself', (play) => ['platform-b', play.parcel(1, 'platform-b')]],
    ['a parcel to a stranger', (play) => ['platform-b', play.parcel(1, 'bank-x')]],
    ['a parcel of a step to come', (play) => ['platform-b', play.parcel(2, 'bank-a')]],
    ['a report in a step without reports', (play) => ['platform-b', play.report(1)]],
    ['a report of the last step too early', (play) => ['platform-b', play.report(play.steps.length - 1)]],
    [
      'mask keys',
      () => [
        'platform-b',
        { kind: 'sumKeys', firstSum: 0, keys: [{ maskKey: '1'.repeat(64), selfCommitment: digest('1') }] },
      ],
    ],
    [
      'key commitments',
      () => [
        'bank-a',
        {
          kind: 'keyCommitments',
          heNarrow: digest('1'),
          heWide: digest('2'),
          mac: digest('3'),
          fingerprint: digest('4'),
          reveal: digest('5'),
        },
      ],
    ],
    [
      'a sealed post',
      () => [
        'platform-b',
        {
          kind: 'sealed',
          to: 'bank-a' as ParticipantName,
          purpose: 'job-keys',
          sum: 0,
          seq: 0,
          last: true,
          enc: new Uint8Array(32),
          ciphertext: new Uint8Array(32),
          signature: '0'.repeat(128),
        },
      ],
    ],
    [
      'a contribution to a sum',
      () => [
        'platform-b',
        {
          kind: 'contribution',
          sum: 0,
          purpose: 'magnitudes',
          round: 0,
          valueCount: 1,
          parameterSet: 'narrow',
          digest: digest('a'),
          bytes: 1,
          timings: [],
        },
      ],
    ],
  ];
  test.each(attacks)('sends %s', (_, attack) => {
    const play = ready().through(0).opened(1);
    const [sender, body] = attack(play);
    play.say(sender, body);
    expect(() => play.transcript()).toThrow(
      expect.objectContaining({ code: 'MESSAGE_UNEXPECTED', parties: [sender] }),
    );
  });

  test('sends a parcel before any step', () => {
    const play = ready();
    expect(codeOf(play.say('platform-b', play.parcel(0, 'bank-a')))).toBe('MESSAGE_UNEXPECTED');
  });
});

function play0(fill: string) {
  return new VerticalPlay().parcel(0, 'bank-a', { digest: digest(fill) });
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CodedError, Secret } from '../../../contract/index.js';
import { TellingFailure } from '../../../participant/vertical/index.js';
import { codedAsync } from '../../support/coded.js';
import { pair, three, untilStep } from './vertical-at-step.js';
import { allow, type Party, VerticalStage } from './vertical-stage.js';

describe('a vertical job runs to its end', () => {
  test.each([
    ['of a pair', pair, {}],
    ['of three', three, { training: { iterations: 1 } }],
    ['that bins', pair, { type: 'binning' }],
  ])('%s: everybody reads what was written for it, and keeps its model only', async (_, names, fields) => {
    const stage = await VerticalStage.of(names, fields);
    await stage.play();
    expect(stage.endings).toEqual(names.map(() => 'finished'));
    const written = new Map(stage.parties.flatMap(({ wrote }) => [...wrote]));
    for (const party of stage.parties) {
      expect(party.read.size).toBeGreaterThan(0);
      for (const [place, bytes] of party.read) expect([place, [bytes]]).toEqual([place, written.get(place)]);
      expect(party.files).toEqual(['model.json']);
      expect(party.journal.job(stage.jobId)).toMatchObject({ state: 'finished', concluded: true });
    }
    // The relay saw none of it.
    for (const kept of stage.relay.stored.values()) {
      const hex = kept.toString('hex');
      for (const [bytes] of written.values()) expect(hex.includes(bytes!.slice(0, 32))).toBe(false);
    }
  });

  test('a parcel is there for two steps of its receiver, and those of the first step to the end', async () => {
    const stage = await VerticalStage.of(pair);
    await stage.play();
    const { inboxes } = stage.party('bank-a');
    const own = [...inboxes.keys()];
    for (const [at, step] of own.entries()) {
      const sent = stage.steps.filter(({ number, parcels }) => {
        const mine = parcels.some(({ to }) => (to as string) === 'bank-a');
        return (
          mine && number < step && (number === 0 || own.slice(0, at).filter((n) => n > number).length < 2)
        );
      });
      expect(inboxes.get(step)).toEqual(sent.map(({ name }) => `${name} platform-b`));
    }
    expect(inboxes.get(own.at(-1)!)).toContain('keys platform-b');
  });

  test('a report says no more than the job releases', async () => {
    const stage = await VerticalStage.of(pair, { type: 'binning', release: ['rows'] });
    stage.party('bank-a').outcome = ({ step, me }) =>
      step.reports.includes(me)
        ? {
            report: {
              fingerprint: 'c'.repeat(64) as never,
              metrics: [
                { name: 'rows', round: 0, value: 10 },
                { name: 'auc', round: 0, value: 0.7 },
              ],
              features: [{ party: me, feature: 'Age', bins: 3, iv: 0.1 }],
              labelFunctionals: 0,
              scoresReleased: 0,
            },
          }
        : {};
    await stage.play();
    const report = stage.posts('report').find(({ sender }) => sender === 'bank-a')!;
    expect(report.metrics.map(({ name }) => name)).toEqual(['rows']);
    expect(report.features).toEqual([]);
  });
});

describe('what a step leads to', () => {
  test('is kept together with its parcels, and a new value replaces the old one', async () => {
    const stage = await VerticalStage.of(pair);
    const bank = stage.party('bank-a');
    const seen: [number, number | undefined][] = [];
    bank.outcome = ({ step, secrets }) => {
      seen.push([step.number, secrets.get('count')?.reveal()[0]]);
      return { keep: new Map([['count', new Secret(new Uint8Array([step.number]))]]) };
    };
    await stage.play();
    const own = seen.map(([step]) => step);
    expect(seen).toEqual(own.map((step, at) => [step, own[at - 1]]));
    // Gone with the job.
    expect(bank.journal.stepSecrets(stage.jobId).size).toBe(0);
  });

  test('rests on secrets that are the same at every step, and on a salt that outlives the job', async () => {
    const stage = await VerticalStage.of(pair);
    const seen = new Map<string, Set<string>>();
    for (const party of stage.parties) {
      seen.set(party.name, new Set());
      party.outcome = ({ jobSecret, ownSalt }) => {
        const hex = (secret: Secret) => Buffer.from(secret.reveal()).toString('hex');
        seen.get(party.name)!.add(`${hex(jobSecret)} ${hex(ownSalt)}`);
        return {};
      };
    }
    await stage.play();
    for (const party of stage.parties) {
      const [only, ...others] = seen.get(party.name)!;
      expect(others).toEqual([]);
      const salt = Buffer.from(party.journal.ownSalt().reveal()).toString('hex');
      expect(only!.endsWith(salt)).toBe(true);
      party.restart();
      expect(Buffer.from(party.journal.ownSalt().reveal()).toString('hex')).toBe(salt);
      expect(only!.slice(0, 64)).not.toBe(salt);
    }
    expect(new Set([...seen.values()].map(([one]) => one)).size).toBe(2);
  });

  const release = (functionals: number) => ({
    releases: [
      { holder: 'platform-b' as never, kind: 'binning' as const, question: 'q', functionals, answer: '{}' },
    ],
  });

  test('label functionals are charged with the note; the ledger gives the answer again', async () => {
    const stage = await VerticalStage.of(pair);
    const bank = stage.party('bank-a');
    const spent: (number | undefined)[] = [];
    bank.outcome = ({ step, labels }) => {
      spent.push(labels?.spent);
      return step.name === 'labels' ? release(5) : {};
    };
    stage.party('platform-b').outcome = ({ labels }) => {
      expect(labels).toBeUndefined();
      return {};
    };
    await stage.play();
    expect(new Set(spent)).toEqual(new Set([0, 5]));
    expect(bank.journal.labels.standing('loans')).toMatchObject({ spent: 5, answered: [{ question: 'q' }] });
  });

  test('more functionals than the budget holds: nothing is kept, nothing is sent', async () => {
    const stage = await VerticalStage.of(pair);
    const bank = stage.party('bank-a');
    // 500 rows: a budget of 10.
    bank.outcome = ({ step }) =>
      step.name === 'labels' ? { ...release(11), keep: new Map([['x', new Secret(new Uint8Array(1))]]) } : {};
    const { number } = stage.steps.find(({ name }) => name === 'labels')!;
    await stage.play();
    expect(stage.endings).toContain('LABEL_BUDGET_EXCEEDED');
    expect(bank.journal.stepNote(stage.jobId, number)).toBeUndefined();
    expect(bank.journal.labels.entries()).toEqual([]);
    expect(stage.relay.stored.has(`${number} bank-a platform-b`)).toBe(false);
  });

  test('a step that fails over opened counts is charged for what its failure tells, and sends nothing', async () => {
    const stage = await VerticalStage.of(pair);
    const bank = stage.party('bank-a');
    bank.outcome = ({ step }) => {
      if (step.name !== 'woe') return {};
      const failure = new CodedError('PARCEL_MALFORMED', 'bin counts do not add up', {
        parties: ['platform-b'],
      });
      throw new TellingFailure(failure, { ...release(1), releasedOver: { rows: 500, bad: 100 } });
    };
    const { number } = stage.steps.find(({ name }) => name === 'woe')!;
    await stage.play();
    expect(stage.endings).toContain('PARCEL_MALFORMED');
    expect(bank.journal.labels.entries()).toMatchObject([{ functionals: 1, holder: 'platform-b' }]);
    expect(bank.journal.stepNote(stage.jobId, number)).toBeUndefined();
    expect(stage.relay.stored.has(`${number} bank-a platform-b`)).toBe(false);
  });

  test('unless the operator waived it', async () => {
    const stage = await VerticalStage.of(pair);
    const bank = stage.party('bank-a');
    bank.decide = () => ({ ...allow, waiver: 'the board, for this pilot' }) as never;
    const waived = new Set<unknown>();
    bank.outcome = ({ step, labels }) => {
      waived.add(labels?.waived);
      return step.name === 'labels' ? release(11) : {};
    };
    await stage.play();
    expect(stage.endings).toEqual(['finished', 'finished']);
    expect([...waived]).toEqual([true]);
    expect(bank.journal.labels.entries()).toMatchObject([{ waiver: 'the board, for this pilot' }]);
  });

  test('a feature holder that claims to release labels does not get that far', async () => {
    const stage = await VerticalStage.of(pair);
    stage.party('platform-b').outcome = () => release(1);
    await stage.play();
    expect(stage.endings).toContain('INTERNAL');
  });
});

describe('consent and permission', () => {
  test('an alignment counts from the note of the first own ids, once, and is asked for until then', async () => {
    const stage = await VerticalStage.of(pair);
    await stage.play();
    const blind = stage.steps.find(({ name }) => name === 'blind')!.number;
    for (const party of stage.parties) {
      const [peer] = pair.filter((name) => name !== (party.name as string));
      expect(party.journal.alignments.used('loans', 1_700_000_000_001)).toEqual(new Map([[peer, 1]]));
      const early = party.asked.filter(({ aligned }) => !aligned);
      // Before the rows were read, with their number, and at every own step up to the first own ids.
      expect(early.map(({ rows }) => rows)).toEqual([
        Number.POSITIVE_INFINITY,
        500,
        ...Array(blind + 1).fill(500),
      ]);
    }
  });

  test('a permission withdrawn in the middle ends the job at the next own step, before any work', async () => {
    const stage = await VerticalStage.of(pair);
    const platform = stage.party('platform-b');
    platform.decide = () =>
      platform.performed.length < 3
        ? allow
        : { kind: 'refuse', code: 'POLICY_PEER', detail: 'not allowed as peers: bank-a', field: '' };
    await stage.play();
    expect(platform.performed).toHaveLength(3);
    expect(stage.posts('abort')).toMatchObject([{ sender: 'platform-b', code: 'POLICY_PEER' }]);
    expect(platform.journal.job(stage.jobId)).toMatchObject({ state: 'left', code: 'POLICY_PEER' });
  });

  test('a policy that broke in the middle is not quoted to others', async () => {
    const stage = await VerticalStage.of(pair);
    const platform = stage.party('platform-b');
    platform.decide = () => {
      if (platform.performed.length < 3) return allow;
      throw new CodedError('POLICY_INVALID', 'policy.yaml line 17: secret-partner is no rule');
    };
    await stage.play();
    const [abort] = stage.posts('abort');
    expect(abort).toMatchObject({ code: 'POLICY_INVALID' });
    expect(JSON.stringify(abort)).not.toContain('secret-partner');
  });

  test('a job that the policy refuses has no row read for it', async () => {
    const stage = await VerticalStage.of(pair);
    const platform = stage.party('platform-b');
    platform.decide = () => ({ kind: 'refuse', code: 'POLICY_ALIGNMENT', detail: '', field: '' });
    const moments: string[] = [];
    platform.kill = (moment) => {
      moments.push(moment);
      return moment === 'after post';
    };
    void stage.play();
    await expect.poll(() => stage.posts('consent').length).toBe(2);
    const answer = stage.posts('consent').find(({ sender }) => sender === 'platform-b');
    expect(answer).toMatchObject({ approved: false, code: 'POLICY_ALIGNMENT' });
    expect(moments).not.toContain('before work');
  });
});

describe('a peer or coordinator that misbehaves', () => {
  /** The parcel of platform-b in step 0, replaced before bank-a asks for it. */
  async function replaced(party: Party, stage: VerticalStage, bytes: Buffer) {
    stage.relay.stored.set('0 platform-b bank-a', bytes);
    party.restart();
  }

  test('other bytes than announced: refused, and nothing of them is opened', async () => {
    const { stage, party, take } = await untilStep(pair, 'bank-a', 1);
    await replaced(party, stage, Buffer.alloc(stage.relay.stored.get('0 platform-b bank-a')!.length));
    expect(await codedAsync(take())).toBe('PARCEL_MALFORMED');
    expect(party.performed).not.toContain(1);
    expect(existsSync(join(party.jobFolder, 'parcel-0-from-platform-b'))).toBe(false);
  });

  test('a parcel sealed for another step, announced by its sender: refused by name', async () => {
    const { stage, party, take } = await untilStep(pair, 'bank-a', 2);
    // What platform-b sent in step 1 is, bytes and announcement, what it sent in step 0.
    const first = stage.relay.stored.get('0 platform-b bank-a')!;
    stage.relay.stored.set('1 platform-b bank-a', first);
    const [of0] = stage.posts('parcel').filter(({ sender, step }) => sender === 'platform-b' && step === 0);
    stage.announceAgain('platform-b', { step: 1, digest: of0!.digest, bytes: of0!.bytes });
    await expect(take()).rejects.toMatchObject({ code: 'PARCEL_MALFORMED', parties: ['platform-b'] });
    expect(party.performed).not.toContain(2);
  });
});

test('a job left in the middle of a step is at rest only when the work stopped, so that nothing is written after', async () => {
  const stage = await VerticalStage.of(pair);
  const bank = stage.party('bank-a');
  let letGo: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  bank.outcome = async ({ step }) => {
    if (step.number === 1) {
      // The coordinator opens a step that does not follow while we work.
      const body = { kind: 'stepOpened', step: 7, name: 'close', round: 0, deadlineMs: 0 } as const;
      setImmediate(() => bank.runner!.take({ index: 10_000, atMs: 0, body }));
      await held;
    }
    return {};
  };
  void stage.play();
  await expect.poll(() => bank.atRest !== undefined).toBe(true);
  expect(bank.journal.job(stage.jobId)).toMatchObject({ state: 'left', code: 'STEP_OUT_OF_ORDER' });
  let rested = false;
  void bank.atRest!.then(() => {
    rested = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(rested).toBe(false);
  letGo();
  await bank.atRest;
  expect(stage.posts('parcel').filter(({ sender, step }) => sender === 'bank-a' && step === 1)).toEqual([]);
});

test('a job that failed leaves no file, not even a model that not everybody reported on', async () => {
  const stage = await VerticalStage.of(pair);
  const bank = stage.party('bank-a');
  stage.party('platform-b').decide = () =>
    bank.performed.includes(stage.steps.length - 1)
      ? { kind: 'refuse', code: 'POLICY_REFUSED', detail: 'the permission ended', field: '' }
      : allow;
  const platform = stage.party('platform-b');
  const perform = platform.duties.perform.bind(platform.duties);
  platform.duties.perform = async (duty, transcript, signal) => {
    const last = duty.kind === 'takeStep' && duty.view.step.name === 'close';
    if (last)
      await expect.poll(() => existsSync(join(bank.jobFolder, 'model.json')), { timeout: 5000 }).toBe(true);
    return perform(duty, transcript, signal);
  };
  await stage.play();
  expect(bank.journal.job(stage.jobId)?.state).toBe('failed');
  await platform.duties.sweep(stage.transcript('platform-b'));
  for (const party of stage.parties) expect(party.files).toEqual([]);
});

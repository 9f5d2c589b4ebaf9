import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PostOf } from '../../../contract/index.js';
import { pair, three, untilStep } from './vertical-at-step.js';
import { VerticalStage } from './vertical-stage.js';

class Killed extends Error {}
/** The next call of a method throws, as if the process ended there. */
function killAt<K extends string>(on: Record<K, (...args: never[]) => unknown>, method: K, after = 0): void {
  const real = on[method].bind(on) as (...args: never[]) => unknown;
  let calls = 0;
  on[method] = ((...args: never[]) => {
    if (calls++ >= after) throw new Killed(method);
    return real(...args);
  }) as never;
}

describe('killed', () => {
  test('while working: nothing was sent or noted, and the step is done afresh', async () => {
    const { stage, party, take, stored } = await untilStep(pair, 'bank-a', 1);
    party.outcome = () => {
      throw new Killed();
    };
    await expect(take()).rejects.toThrow();
    expect(party.journal.stepNote(stage.jobId, 1)).toBeUndefined();
    expect(stored()).toEqual([]);
    party.outcome = () => ({});
    party.restart();
    const [parcel] = await take();
    expect(party.performed.filter((step) => step === 1)).toHaveLength(2);
    expect(party.journal.stepNote(stage.jobId, 1)?.parcels[0]?.digest).toBe(parcel!.digest);
  });

  test('after sealing and before the note: other bytes are sealed, and only they are ever sent', async () => {
    const { party, take, stored } = await untilStep(pair, 'bank-a', 1);
    killAt(party.journal as never, 'keepStep');
    await expect(take()).rejects.toThrow(Killed);
    expect(stored()).toEqual([]);
    const left = readFileSync(join(party.jobFolder, 'step-1-to-platform-b.upload'));
    party.restart();
    await take();
    const [[, sent]] = stored() as [[string, Buffer]];
    expect(sent.equals(left)).toBe(false);
  });

  test('after the note and before the upload: the noted bytes are sent, and nothing is computed again', async () => {
    const { stage, party, take, stored } = await untilStep(pair, 'bank-a', 1);
    party.kill = (moment) => moment === 'before upload';
    const killed = new Promise<void>((done) => {
      stage.revive = () => done();
    });
    void take();
    await killed;
    const noted = party.journal.stepNote(stage.jobId, 1)!;
    expect(stored()).toEqual([]);
    party.restart();
    const [parcel] = await take();
    expect(party.performed.filter((step) => step === 1)).toHaveLength(1);
    expect(parcel).toMatchObject(noted.parcels[0]!);
    expect(stored()).toHaveLength(1);
  });

  test('between two uploads: both receivers get the noted bytes', async () => {
    const { stage, party, take, stored } = await untilStep(three, 'bank-a', 0);
    let uploads = 0;
    party.kill = (moment) => moment === 'before upload' && ++uploads === 2;
    const killed = new Promise<void>((done) => {
      stage.revive = () => done();
    });
    void take();
    await killed;
    expect(stored()).toHaveLength(1);
    const noted = party.journal.stepNote(stage.jobId, 0)!;
    party.restart();
    expect(await take()).toMatchObject(noted.parcels);
    expect(stored()).toHaveLength(2);
    expect(party.performed).toEqual([0]);
    // The first one stood there whole and was not sent again.
    expect(stage.relay.uploads.filter(({ place }) => place === '0 bank-a platform-b')).toHaveLength(1);
  });

  test('after the uploads and before the posts were kept: the same parcels are announced', async () => {
    const { stage, party, take } = await untilStep(pair, 'bank-a', 1);
    const announced = await take();
    party.restart();
    const again = await take();
    const what = (posts: PostOf<'parcel'>[]) => posts.map(({ timings: _, ...post }) => post);
    expect(what(again)).toEqual(what(announced));
    expect(party.performed.filter((step) => step === 1)).toHaveLength(1);
    expect(stage.relay.uploads.filter(({ place }) => place === '1 bank-a platform-b')).toHaveLength(1);
  });

  test('with half a parcel downloaded: the other half comes', async () => {
    const { stage, party, take } = await untilStep(pair, 'bank-a', 1);
    const whole = stage.relay.stored.get('0 platform-b bank-a')!;
    const path = join(party.jobFolder, 'parcel-0-from-platform-b.sealed.part');
    writeFileSync(path, whole.subarray(0, 400));
    await take();
    expect(stage.relay.asked.filter(({ from, sum }) => from === 'platform-b' && sum === 0)).toEqual([
      { from: 'platform-b', sum: 0, offset: 400 },
    ]);
    expect(party.inboxes.get(1)).toEqual(['keys platform-b']);
  });

  test('with a parcel downloaded and not opened, or opened: it does not come again', async () => {
    const { stage, party, take } = await untilStep(pair, 'bank-a', 1);
    party.kill = (moment) => moment === 'after download';
    const killed = new Promise<void>((done) => {
      stage.revive = () => done();
    });
    void take();
    await killed;
    party.restart();
    killAt(party.journal as never, 'keepStep');
    await expect(take()).rejects.toThrow(Killed);
    expect(party.files).toContain('parcel-0-from-platform-b');
    expect(party.files).not.toContain('parcel-0-from-platform-b.sealed');
    party.restart();
    await take();
    expect(stage.relay.asked.filter(({ from, sum }) => from === 'platform-b' && sum === 0)).toHaveLength(1);
  });

  test('anywhere: the job ends all the same, and nobody says two things in one place', async () => {
    const moments: string[] = [];
    const honest = await VerticalStage.of(pair, { type: 'scoring', model: { job: `job-${'0'.repeat(32)}` } });
    honest.party('bank-a').kill = (moment) => {
      moments.push(moment);
      return false;
    };
    await honest.play();
    expect(new Set(moments).size).toBe(8);
    // Each kind of moment twice.
    const chosen = [...new Set(moments)].flatMap((kind) => {
      const all = moments.flatMap((moment, at) => (moment === kind ? [at] : []));
      return [all[0]!, all[Math.ceil(all.length / 2)]!];
    });
    for (const at of chosen) {
      const stage = await VerticalStage.of(pair, {
        type: 'scoring',
        model: { job: `job-${'0'.repeat(32)}` },
      });
      let seen = 0;
      stage.party('bank-a').kill = () => seen++ === at;
      await stage.play();
      expect([at, moments[at], stage.revived, stage.endings]).toEqual([
        at,
        moments[at],
        1,
        ['finished', 'finished'],
      ]);
      const written = new Map(stage.parties.flatMap(({ wrote }) => [...wrote]));
      for (const { read } of stage.parties)
        for (const [place, bytes] of read) expect(written.get(place)?.at(-1)).toBe(bytes);
    }
  });
});

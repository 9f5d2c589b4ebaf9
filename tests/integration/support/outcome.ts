import { expect } from 'vitest';
import { postPlace } from '../../../contract/index.js';
import { type JobState, step } from '../../../coordinator/rounds/index.js';
import { type Federation, hub } from './federation.js';
import { type Sight, until } from './sight.js';

/** Waits until a job ended and every participant is done with it. */
export async function atLast(federation: Federation, job: Sight): Promise<void> {
  await until(() => job.ended);
  await until(() => federation.names.every((name) => job.kept(name).concluded));
}

/** Waits for the end of a job and expects a clean one: finished everywhere, everything said once. */
export async function finished(federation: Federation, job: Sight): Promise<Sight> {
  await atLast(federation, job);
  expect(job.bodies.at(-1)).toMatchObject({ kind: 'finished', rounds: 3, bestRound: 3 });
  for (const name of federation.names) {
    expect(job.kept(name)).toMatchObject({ state: 'finished', code: '' });
    expect(job.files(name).sort()).toEqual(['model.json', 'result.json', 'solo-model.json', 'spec.json']);
  }
  expect(foldOf(job).kind).toBe(job.state);
  const places = job.posts.map(({ sender, body }) => `${sender} ${postPlace(body)}`);
  expect(places.filter((place, at) => places.indexOf(place) !== at)).toEqual([]);
  expect(federation.output(hub).filter((line) => /MESSAGE_CONFLICT|"level":50/.test(line))).toEqual([]);
  return job;
}

/**
 * Of nobody ever left what opens both of its masks: of who is outside a survivor set shares of the mask secret, of its
 * members their seeds. Sizes leave no room for more: a seed has 48 bytes, a share of one 49, a share of a mask secret 33.
 */
export function expectOneKind(job: Sight): void {
  const names = [...job.homes.keys()];
  for (const { sum, members } of job.of('survivorsProposed')) {
    const within = new Set<string>(members);
    const outside = names.length - keylessIn(job, sum).length - members.length;
    const reveals = job.posted('reveal', sum);
    expect(new Set(reveals.map(({ sender }) => sender)).size).toBe(reveals.length);
    for (const { sender, body } of reveals) {
      const bytes = (within.has(sender) ? 48 : 0) + 33 * outside + 16;
      expect(body.kind === 'reveal' && body.ciphertext.length).toBe(bytes);
    }
    for (const { body } of job.posted('recovery', sum)) {
      if (body.kind !== 'recovery') continue;
      expect(body.members.filter((name) => !within.has(name))).toEqual([]);
      expect(body.ciphertext.length).toBe(49 * body.members.length + 16);
    }
    for (const { missing } of job.of('recoveryAsked').filter((asked) => asked.sum === sum)) {
      expect(missing.filter((name) => !within.has(name))).toEqual([]);
    }
  }
}

/** Who has no mask keys for a sum. */
function keylessIn(job: Sight, sum: number): readonly string[] {
  const batch = job
    .of('sumKeysRequested')
    .find(({ firstSum, count }) => sum >= firstSum && sum < firstSum + count);
  return job.of('keysClosed').find(({ firstSum }) => firstSum === batch?.firstSum)?.without ?? [];
}

function foldOf(job: Sight): JobState {
  let state: JobState | undefined;
  for (const [index, body] of job.bodies.entries()) state = step(state, { index, atMs: 0, body });
  return state as JobState;
}

/** The one fingerprint of the model that all participants have. */
export function fingerprintOf(job: Sight): string {
  const prints = new Set([...job.homes.keys()].map((name) => job.result(name).fingerprint));
  expect([...prints]).toHaveLength(1);
  return [...prints][0] as string;
}

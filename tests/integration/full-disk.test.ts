import { afterAll, beforeAll, expect, test } from 'vitest';
import { onDiskOfItsOwn, type SmallDisk } from '../support/small-disk.js';
import { Federation, hub } from './support/federation.js';
import { atLast, fingerprintOf, finished } from './support/outcome.js';
import { moment, until } from './support/sight.js';

const hangMs = 240_000;
const victim = 'bank-b';

let federation: Federation;
const disks = new Map<string, SmallDisk>();
/** Fingerprint of the model of an undisturbed run. */
let reference: string;

beforeAll(async () => {
  federation = await Federation.found();
  await federation.end(hub, 'SIGTERM');
  for (const name of [hub, victim]) {
    const disk = onDiskOfItsOwn(federation.home(name));
    if (disk !== undefined) disks.set(name, disk);
  }
  if (disks.size === 0) return;
  await federation.bringUp(hub);
  await federation.bringUp(...federation.names);
  reference = fingerprintOf(await finished(federation, await federation.submit()));
}, hangMs);

afterAll(async () => {
  // Homes cannot be deleted while disks are mounted there, nor disks taken away while processes write to them.
  await federation?.kill(...[hub, ...federation.names].filter(() => disks.size > 0));
  for (const disk of disks.values()) disk.unmount();
  await federation?.close();
});

test.each([
  [hub, 'waits for round 1'],
  [victim, 'trains round 1'],
])(
  'the disk of %s is full when it %s: once there is room the job goes on to the undisturbed model',
  async (name) => {
    const disk = disks.get(name);
    if (disk === undefined) return console.warn('skipped: mounting a small disk needs root');
    const job = await federation.submit();
    await moment(job, () => job.of('sumStarted').length > 2);
    disk.leave(0);
    try {
      // Whatever it was about to store says so first: a post, an upload, a sum.
      await until(() => federation.output(name).some((each) => /STORAGE_FULL/.test(each)));
      expect(job.ended).toBe(false);
    } finally {
      disk.empty();
    }
    await atLast(federation, job);
    expect(fingerprintOf(job)).toBe(reference);
    for (const each of federation.names)
      expect(job.kept(each)).toMatchObject({ state: 'finished', code: '' });
  },
  hangMs,
);

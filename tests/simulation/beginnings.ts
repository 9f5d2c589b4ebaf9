import type { Plan } from './operations.js';
import { namesOf, type Setup, specOf } from './setups.js';
import { copyOf, emptySite, type Site, type Undisturbed } from './site.js';
import { World } from './world.js';

/** Copies are many and large: one for so many appends. With no divisor in common with what a round appends. */
const usualStride = 7;

const known = new Map<string, Promise<Undisturbed>>();

/** The job of a plan without any fault; each made once a process. */
export function undisturbed({ setup, stride = usualStride }: Plan): Promise<Undisturbed> {
  const { replicas: _two, old: _one, ...job } = setup;
  const plain = { ...job, jitter: 0 };
  const key = JSON.stringify([stride, plain]);
  const made = known.get(key) ?? live(plain, stride);
  known.set(key, made);
  return made;
}

async function live(setup: Setup, stride: number): Promise<Undisturbed> {
  const sites: Site[] = [];
  const site = emptySite(specOf(setup), namesOf(setup));
  const world = new World({ setup, operations: [] }, site, undefined);
  let behind = -1;
  world.stored = (events) => {
    const begins = events.some(({ body }) => body.kind === 'sumStarted' || body.kind === 'stepOpened');
    if (behind < 0 && !begins) return;
    behind += 1;
    if (behind % stride === 0) sites.push({ ...copyOf(world.site), atMs: world.elapsedMs });
  };
  const { failures, state, events } = await world.run();
  if (failures.length > 0 || state !== 'finished') {
    throw new Error(`a job without any fault is ${state}: ${failures.join('; ')}`);
  }
  return { sites, events, site: world.site };
}

/** Where a plan begins. */
export async function siteOf(plan: Plan): Promise<Site> {
  const { setup, begin = 0 } = plan;
  if (begin === 0) return emptySite(specOf(setup), namesOf(setup));
  const { sites } = await undisturbed(plan);
  return copyOf(sites[Math.floor(begin * sites.length)]!);
}

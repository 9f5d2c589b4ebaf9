import { siteOf, undisturbed } from './beginnings.js';
import type { Plan } from './operations.js';
import type { Outcome } from './site.js';
import { World } from './world.js';

/** Runs a plan to its end and holds the laws against it. */
export async function run(plan: Plan): Promise<Outcome> {
  const usual = await undisturbed(plan);
  return new World(plan, await siteOf(plan), usual).run();
}

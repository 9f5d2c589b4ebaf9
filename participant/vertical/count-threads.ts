import { labelShape } from './count-shape.js';
import { heldSecretKey, publicKeyOf } from './keys.js';
import type { OwnSet } from './own-rows.js';
import { productRoom } from './rooms.js';
import type { StepWork } from './step-work.js';
import { readJson } from './work-files.js';

/**
 * Before labels are counted: threads start and load the encryption while an alignment waits for its other side. How many
 * rows will train is not known yet. Their parameter set is that of all own rows unless few of them are common; threads
 * then set up the right one when it comes to it. What fails here fails again in the step that needs it, and ends the job
 * there; rows are not read, because the thread may be ended at any time once the step is over. That thread sleeps between
 * two steps: a feature holder's threads have loaded their code by its next one, and set up keys while it bins.
 */
export async function prepareCounts(work: StepWork): Promise<void> {
  const { spec, me, folder } = work;
  if (spec.type === 'scoring') return;
  try {
    const { set } = labelShape(work, readJson<OwnSet>(folder, 'set').count);
    const keys =
      me === spec.labelHolder
        ? { secretKey: heldSecretKey(work, 'labels', set) }
        : { publicKey: await publicKeyOf(work, spec.labelHolder, 'labels', set) };
    await productRoom().prepare(set, keys);
  } catch {}
}

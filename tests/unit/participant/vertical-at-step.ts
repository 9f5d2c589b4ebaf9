import type { PostBody, PostOf } from '../../../contract/index.js';
import { type Duty, dutiesOf } from '../../../participant/rounds/duties.js';
import { VerticalStage } from './vertical-stage.js';

export const pair = ['bank-a', 'platform-b'];
export const three = ['bank-a', 'platform-b', 'platform-c'];
const never = new AbortController().signal;

/** Plays until a party owes a step, and gives it that duty; the others go on as their events let them. */
export async function untilStep(names: readonly string[], name: string, step: number, fields: object = {}) {
  const stage = await VerticalStage.of(names, fields);
  const party = stage.party(name);
  await new Promise<void>((reached) => {
    const { duties } = party;
    const perform = duties.perform.bind(duties);
    duties.perform = (duty, transcript, signal) => {
      if (duty.kind !== 'takeStep' || duty.view.step.number < step) return perform(duty, transcript, signal);
      reached();
      return new Promise(() => {});
    };
    void stage.play();
  });
  /** The same duty again, as a restarted participant finds it. */
  const take = async (): Promise<PostOf<'parcel'>[]> => {
    const transcript = stage.transcript(name);
    const [duty] = dutiesOf(transcript, false) as [Duty];
    const posts: readonly PostBody[] = await party.duties.perform(duty, transcript, never);
    return posts.filter((post): post is PostOf<'parcel'> => post.kind === 'parcel');
  };
  const stored = () => [...stage.relay.stored].filter(([place]) => place.startsWith(`${step} ${name}`));
  party.restart();
  return { stage, party, take, stored };
}

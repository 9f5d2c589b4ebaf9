import {
  type EventBody,
  type EventOf,
  type HexDigest,
  keyedDigest,
  type ParticipantName,
  type PostOf,
} from '../../contract/index.js';
import { contributionLabel, forged, type Input, Lies } from './lies.js';
import { type Beginning, begin } from './lone-participant.js';
import type { Configuration } from './model-check.js';
import { Draws } from './random.js';
import { Walker } from './walker.js';

/*
 * Long random walks through what the model check visits whole: rosters too large for that, a second sum while the coordinator
 * still lies about the first, and mask keys closed over others for everybody (ADR 23). A walk is about two survivor sets of each
 * sum, which it tries to get opened both; a step shows one event to one honest participant, or starts it anew, and may kill
 * it at a write.
 */

export interface Walk {
  readonly configuration: Configuration;
  readonly specOf: () => Beginning['spec'];
  readonly walks: number;
  readonly seed: number;
}

export interface Walked {
  /** Events that were shown, or restarts, over all walks. */
  readonly steps: number;
  /** Walks in which shares left for a set of the sum under way. */
  readonly opened: number;
  /** Survivor sets of the sum under way over which shares left. */
  readonly digests: readonly string[];
  readonly violations: readonly string[];
}

/** @param sum the one under way, to which everybody contributed; those before it were opened. */
export async function randomWalks(
  sum: number,
  { configuration, specOf, walks, seed }: Walk,
): Promise<Walked> {
  const endsBefore = (body: EventBody) => body.kind === 'survivorsProposed' && body.sum === sum;
  const beginning = await begin(specOf(), { endsBefore });
  const draws = new Draws(seed);
  const walker = new Walker(beginning, configuration, draws);
  const lies = Array.from({ length: sum + 1 }, (_, number) => new Lies(beginning, configuration, number));
  return walked(walker, walks, lies, () => lies.flatMap(({ inputs }) => aboutTwo(inputs, draws)));
}

/**
 * Walks through the second sum, whose batch of mask keys the coordinator closes without anybody or without one, for each
 * participant as it likes, before the sum starts.
 */
export async function closedKeyWalks({ configuration, specOf, walks, seed }: Walk): Promise<Walked> {
  const sum = 1;
  let start: EventOf<'sumStarted'> | undefined;
  const beginning = await begin(specOf(), {
    endsBefore: (body) => {
      if (body.kind !== 'sumStarted' || body.sum !== sum) return false;
      start = body;
      return true;
    },
  });
  const started: Input = { label: 'started', body: () => start };
  const draws = new Draws(seed);
  const walker = new Walker(beginning, configuration, draws);
  const choices: Choice[] = [];
  for (const without of [undefined, ...beginning.names]) {
    choices.push(await choiceOf(beginning, configuration, walker, started, without));
  }
  const mixed = new Set<string>();
  const result = await walked(
    walker,
    walks,
    choices.map(({ lies }) => lies),
    (known) => {
      const two = [draws.of(choices), draws.of(choices)] as const;
      const lies = draws.chance(0.5) ? [mixedOf(two)] : two.map((choice) => choice.lies);
      known(lies);
      return [
        started,
        ...two.flatMap(({ inputs }) => inputs),
        ...lies.flatMap((of) => aboutTwo(of.inputs, draws)),
      ];
    },
  );
  /** Sets over contributions of both choices, each honest one of which was masked over its own. */
  function mixedOf(two: readonly [Choice, Choice]): Lies {
    const of = new Map(walker.honest.map((name) => [name as string, draws.of(two)]));
    const names = beginning.names.filter((name) => two.every(({ uploads }) => uploads.has(name)));
    const uploads = names.map((name) => [name, (of.get(name) ?? two[0]).uploads.get(name)!] as const);
    const lies = new Lies(beginning, configuration, sum, new Map(uploads));
    for (const [digest, members] of lies.membersOf) {
      if (new Set(members.flatMap((name) => of.get(name) ?? [])).size > 1) mixed.add(digest);
    }
    return lies;
  }
  const opened = result.digests.filter((digest) => mixed.has(digest));
  const violations = opened.map(
    (digest) => `shares left for ${digest}, whose members masked with others each`,
  );
  return { ...result, violations: [...result.violations, ...violations] };
}

/** Mask keys closed without somebody, or not at all, and what can be shown then. */
interface Choice {
  readonly inputs: readonly Input[];
  /** Digests of contributions that say so. */
  readonly uploads: ReadonlyMap<string, HexDigest>;
  readonly lies: Lies;
}

async function choiceOf(
  beginning: Beginning,
  configuration: Configuration,
  walker: Walker,
  started: Input,
  without: ParticipantName | undefined,
): Promise<Choice> {
  const sum = 1;
  const names = beginning.names.filter((name) => name !== without);
  const keyed = without === undefined ? undefined : keyedDigest(sum, names);
  const closing = without === undefined ? [] : [closedWithout(without)];
  const uploads = new Map<string, HexDigest>();
  const contributions: Input[] = [];
  let like: PostOf<'contribution'> | undefined;
  for (const name of names) {
    const who = walker.honest.indexOf(name);
    const label = contributionLabel(name, sum, keyed);
    if (who >= 0) await walker.led(who, ...closing, started);
    else {
      const digest = 'c'.repeat(64) as HexDigest;
      const { keyed: _other, ...shape } = like!;
      const body = { ...shape, digest, ...(keyed && { keyed }) };
      walker.posts.set(label, forged(beginning, name, body));
    }
    const post = walker.posts.get(label)!;
    like = post.body as PostOf<'contribution'>;
    uploads.set(name, like.digest);
    const needs = who >= 0 && { needs: { who, label } };
    contributions.push({ label, body: () => ({ kind: 'posted', post }), ...needs });
  }
  return {
    inputs: [...closing, ...contributions],
    uploads,
    lies: new Lies(beginning, configuration, sum, uploads),
  };
}

function closedWithout(name: ParticipantName): Input {
  return { label: `close ${name}`, body: () => ({ kind: 'keysClosed', firstSum: 1, without: [name] }) };
}

/** @param draw what a walk can show; it makes lies known that were not. */
async function walked(
  walker: Walker,
  walks: number,
  lies: readonly Lies[],
  draw: (known: (lies: readonly Lies[]) => void) => readonly Input[],
): Promise<Walked> {
  const membersOf = new Map<string, readonly string[]>();
  const known = (some: readonly Lies[]) => {
    for (const each of some) {
      for (const [digest, members] of each.membersOf) membersOf.set(digest, members);
      for (const [label, post] of each.foretold) if (!walker.posts.has(label)) walker.posts.set(label, post);
    }
  };
  known(lies);
  const already = await walker.walk([], membersOf);
  const sets = new Set<string>();
  let opened = 0;
  for (let number = 0; number < walks && walker.violations.size === 0; number++) {
    const found = await walker.walk(draw(known), membersOf);
    const fresh = [...found].filter((set) => !already.has(set));
    if (fresh.length > 0) opened += 1;
    for (const set of fresh) sets.add(set);
  }
  return { steps: walker.steps, opened, digests: [...sets], violations: [...walker.violations] };
}

/** Inputs that are about one of two sets, or about none; sets that a sum may be over are likelier than those it may not. */
function aboutTwo(inputs: readonly Input[], draws: Draws): Input[] {
  const all = [...new Set(inputs.flatMap(({ set }) => set ?? []))];
  const large = () => [1, 2, 3].map(() => draws.of(all)).reduce((a, b) => (b.length > a.length ? b : a));
  const two = [large(), large()];
  return inputs.filter(({ set }) => set === undefined || two.includes(set));
}

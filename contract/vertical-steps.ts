import type { ParticipantName } from './ids.js';
import { inRosterOrder } from './roster.js';
import type { VerticalSpec, VerticalSpecOf } from './vertical-spec.js';

/**
 * What happens in a step of a vertical job; docs/protocols/vertical-jobs.md says what each parcel holds.
 *   keys      public keys of encrypted products, seeds of pairwise masks
 *   blind     own ids, blinded
 *   pledge    digest of the peer's blinded ids, blinded again: fixed before anybody sees the other's
 *   double    the peer's blinded ids, blinded again
 *   select    rows common to all, their order, and which are held out
 *   labels    encrypted labels one way, row counts of the fine bins the other
 *   counts    masked bad counts of every fine bin
 *   woe       joined bins with WOE and IV
 *   bins      of each feature under a number: how many bins trees may part it at
 *   gradients rows of the nodes to part, and their encrypted gradients
 *   histograms  masked sums of gradients in every bin
 *   splits    nodes that a feature holder's features part
 *   sides     which rows of those nodes go left
 *   tree      the label holder says whether another tree follows
 *   terms     encrypted halves of the residual
 *   hop       terms handed on from one feature holder to the next
 *   spread    complete terms handed to everybody
 *   products  masked gradients
 *   openings  masked gradients, decrypted
 *   parts     score parts of released rows
 *   result    what a feature holder needs to finish its part of the model
 *   close     reports of everybody
 */
export const stepNames = [
  'keys',
  'blind',
  'pledge',
  'double',
  'select',
  'labels',
  'counts',
  'woe',
  'bins',
  'gradients',
  'histograms',
  'splits',
  'sides',
  'tree',
  'terms',
  'hop',
  'spread',
  'products',
  'openings',
  'parts',
  'result',
  'close',
] as const;
export type StepName = (typeof stepNames)[number];

export const verticalPhases = ['aligning', 'binning', 'fitting', 'scoring'] as const;
export type VerticalPhase = (typeof verticalPhases)[number];

export interface Route {
  readonly from: ParticipantName;
  readonly to: ParticipantName;
}

/** One step: it ends when every parcel is stored and every report is in. */
export interface Step {
  /** Position in the job, from 0. */
  readonly number: number;
  readonly name: StepName;
  readonly phase: VerticalPhase;
  /** Iteration of the fit, or tree, from 1; 0 outside it. */
  readonly round: number;
  /** Level of the tree that nodes are parted on, from 0; 0 outside trees. */
  readonly level: number;
  readonly parcels: readonly Route[];
  readonly reports: readonly ParticipantName[];
}

export interface VerticalCast {
  readonly labelHolder: ParticipantName;
  /** Feature holders in roster order. The first one holds the key of the label holder's gradient. */
  readonly holders: readonly ParticipantName[];
}

export function castOf(spec: VerticalSpec): VerticalCast {
  const names = Object.keys(spec.parties) as ParticipantName[];
  const roster = inRosterOrder(names.map((name) => ({ name }))).map(({ name }) => name);
  return { labelHolder: spec.labelHolder, holders: roster.filter((name) => name !== spec.labelHolder) };
}

/**
 * The step that follows one, undefined past the last. Behind a tree that the label holder reported to be the last it is the
 * first step after all trees.
 */
export function stepAfter(course: readonly Step[], { number, name }: Step, last: boolean): Step | undefined {
  if (name !== 'tree' || !last) return course[number + 1];
  return course.find((step) => step.number > number && step.round === 0);
}

/** Iterations of a fit, or trees at most; 0 in a job that fits nothing. */
export function fitRounds(spec: VerticalSpec): number {
  if (spec.type === 'training') return spec.training.iterations;
  return spec.type === 'boosting' ? spec.trees.count : 0;
}

const levelSteps: readonly StepName[] = ['gradients', 'histograms', 'splits', 'sides'];

/** Level of the tree that a step's nodes stand on, from 1, as people count; 0 for steps outside of levels. */
export function shownLevel({ name, level }: Pick<Step, 'name' | 'level'>): number {
  return levelSteps.includes(name) ? level + 1 : 0;
}

/** What one of them is called. */
export function fitRoundName({ type }: Pick<VerticalSpec, 'type'>): 'iteration' | 'tree' {
  return type === 'boosting' ? 'tree' : 'iteration';
}

type Draft = Omit<Step, 'number'>;

/** The whole course of a job: known to everybody from the spec, so nobody can be led elsewhere. */
export function stepsOf(spec: VerticalSpec): readonly Step[] {
  const cast = castOf(spec);
  const drafts = [...aligning(spec, cast), ...tail(spec, cast)];
  return drafts.map((draft, number) => ({ number, ...draft }));
}

function tail(spec: VerticalSpec, cast: VerticalCast): Draft[] {
  switch (spec.type) {
    case 'binning':
      return [...binning(cast), close(cast, 'binning')];
    case 'boosting': {
      const trees = Array.from({ length: spec.trees.count }, (_, at) => tree(spec, cast, at + 1));
      return [step('binning', 'bins', toLabelHolder(cast)), ...trees.flat(), close(cast, 'scoring')];
    }
    case 'scoring':
      return [step('scoring', 'parts', toLabelHolder(cast)), close(cast, 'scoring')];
    case 'training': {
      const rounds = Array.from({ length: spec.training.iterations }, (_, at) => iteration(cast, at + 1));
      const parts = spec.scores.release === 'none' ? [] : [step('scoring', 'parts', toLabelHolder(cast))];
      const result = step('scoring', 'result', fromLabelHolder(cast));
      return [...binning(cast), ...rounds.flat(), ...parts, result, close(cast, 'scoring')];
    }
  }
}

function aligning(spec: VerticalSpec, cast: VerticalCast): Draft[] {
  const bothWays = [...fromLabelHolder(cast), ...toLabelHolder(cast)];
  const everybody = [cast.labelHolder, ...cast.holders];
  const pairs = everybody.flatMap((from) =>
    everybody.filter((to) => to !== from).map((to): Route => ({ from, to })),
  );
  // Scoring with one feature holder needs no key: nothing is encrypted, and nothing masked, beyond the parcels.
  const keys = spec.type === 'scoring' && cast.holders.length === 1 ? [] : [step('aligning', 'keys', pairs)];
  return [
    ...keys,
    step('aligning', 'blind', bothWays),
    step('aligning', 'pledge', bothWays),
    step('aligning', 'double', bothWays),
    step('aligning', 'select', fromLabelHolder(cast)),
  ];
}

function binning(cast: VerticalCast): Draft[] {
  return [
    step('binning', 'labels', [...fromLabelHolder(cast), ...toLabelHolder(cast)]),
    step('binning', 'counts', toLabelHolder(cast)),
    step('binning', 'woe', fromLabelHolder(cast)),
  ];
}

/** One full-batch iteration (PROTOCOLS §6): the residual gathered, multiplied, opened. */
function iteration(cast: VerticalCast, round: number): Draft[] {
  const { labelHolder, holders } = cast;
  const first = holders[0]!;
  const last = holders.at(-1)!;
  const at = (name: StepName, parcels: readonly Route[]) => step('fitting', name, parcels, round);
  const start = { from: labelHolder, to: first };
  const gathering =
    holders.length === 1
      ? [at('terms', [start, { from: first, to: labelHolder }])]
      : [
          at('terms', [start]),
          ...holders.slice(1).map((to, before) => at('hop', [{ from: holders[before]!, to }])),
          at(
            'spread',
            [labelHolder, ...holders.slice(0, -1)].map((to) => ({ from: last, to })),
          ),
        ];
  return [
    ...gathering,
    at('products', [...toLabelHolder(cast), { from: labelHolder, to: first }]),
    at('openings', [...fromLabelHolder(cast), { from: first, to: labelHolder }]),
  ];
}

/** A tree (PROTOCOLS §7), level by level; the label holder grows the first one alone unless the spec has it otherwise. */
function tree(spec: VerticalSpecOf<'boosting'>, cast: VerticalCast, round: number): Draft[] {
  const alone = round === 1 && spec.trees.first === 'label-holder';
  const levels = Array.from({ length: alone ? 0 : spec.trees.depth }, (_, level) =>
    [
      step('fitting', 'gradients', fromLabelHolder(cast), round),
      step('fitting', 'histograms', toLabelHolder(cast), round),
      step('fitting', 'splits', fromLabelHolder(cast), round),
      step('fitting', 'sides', toLabelHolder(cast), round),
    ].map((draft) => ({ ...draft, level })),
  );
  const end = { ...step('fitting', 'tree', [], round), reports: [cast.labelHolder] };
  return [...levels.flat(), end];
}

function close({ labelHolder, holders }: VerticalCast, phase: VerticalPhase): Draft {
  return { phase, name: 'close', round: 0, level: 0, parcels: [], reports: [labelHolder, ...holders] };
}

function step(phase: VerticalPhase, name: StepName, parcels: readonly Route[], round = 0): Draft {
  return { phase, name, round, level: 0, parcels, reports: [] };
}

function fromLabelHolder({ labelHolder, holders }: VerticalCast): Route[] {
  return holders.map((to) => ({ from: labelHolder, to }));
}

function toLabelHolder({ labelHolder, holders }: VerticalCast): Route[] {
  return holders.map((from) => ({ from, to: labelHolder }));
}

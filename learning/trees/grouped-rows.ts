import type { BinnedFeatures, Slots } from './histogram.js';
import { countSlots, everySlot, joinedGroups, placesOf } from './histogram.js';
import { type Branch, leftOf, rightOf } from './tree.js';

/** Rows of an open node at one participant, and where its groups of slots end. */
export interface GroupedNode {
  readonly rows: Uint32Array;
  readonly ends: Uint8Array;
}

/**
 * One participant's rows in the open nodes of a tree that several grow together, each with groups of its own. In every group
 * of a node and of its sibling are no rows or at least `fewest`, and a split parts groups as wholes: a row stands in the last bin of its
 * group. So whatever is summed over a group, or over what a split makes of it, is over none of the participant's
 * rows or at least `fewest`, and the sums of two children are those of their parent.
 * @param rows that the tree is grown on; fewer than `fewest` count as none.
 */
export function groupedRows(
  features: BinnedFeatures,
  slots: Slots,
  rows: Uint32Array,
  branches: ReadonlyMap<number, Pick<Branch, 'feature' | 'bin' | 'missingLeft'>>,
  fewest: number,
): ReadonlyMap<number, GroupedNode> {
  const shown = rows.length < fewest ? rows.subarray(0, 0) : rows;
  const open = new Map<number, GroupedNode>();
  const reached: (readonly [number, GroupedNode])[] = [
    [0, { rows: shown, ends: groupsOf(features, slots, everySlot(slots), [shown], fewest) }],
  ];
  for (let next = reached.pop(); next !== undefined; next = reached.pop()) {
    const [node, at] = next;
    const branch = branches.get(node);
    if (branch === undefined) {
      open.set(node, at);
      continue;
    }
    const family = parted(features, slots, at, branch);
    const ends = groupsOf(features, slots, at.ends, family, fewest);
    reached.push([leftOf(node), { rows: family[0], ends }], [rightOf(node), { rows: family[1], ends }]);
  }
  return open;
}

function parted(
  { rows: all, bins }: BinnedFeatures,
  slots: Slots,
  { rows, ends }: GroupedNode,
  { feature, bin, missingLeft }: Pick<Branch, 'feature' | 'bin' | 'missingLeft'>,
): readonly [Uint32Array, Uint32Array] {
  const missing = slots.values[feature]!;
  const place = placesOf(slots, feature, ends);
  const isLeft = place.map((of) => Number(of === missing ? missingLeft : of <= bin));
  const column = feature * all;
  const side = (row: number) => isLeft[bins[column + row]!];
  return [rows.filter((row) => side(row) === 1), rows.filter((row) => side(row) === 0)];
}

function groupsOf(
  features: BinnedFeatures,
  slots: Slots,
  above: Uint8Array,
  family: readonly Uint32Array[],
  fewest: number,
): Uint8Array {
  if (fewest <= 1) return everySlot(slots);
  const counts = family.map((rows) => countSlots(features, slots, rows));
  return joinedGroups(slots, above, counts, fewest);
}

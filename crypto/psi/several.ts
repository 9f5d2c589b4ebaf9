import { CodedError } from '../../contract/core.js';

/** How one participant's pairwise alignments with several peers become one. */
export interface JointAlignment {
  /** Own rows common to all, in the joint order. */
  readonly rows: Uint32Array;
  /** For each peer, in the order given: positions in its pairwise alignment that stay, in the joint order. To be sent to it. */
  readonly positions: readonly Uint32Array[];
}

/**
 * Own side of several pairwise alignments. The joint order is that of the first alignment, which is
 * pseudorandom to every peer but the first, whose own order it is.
 * @param pairwise own rows per peer, as intersect gives them.
 */
export function joinAlignments(pairwise: readonly Uint32Array[]): JointAlignment {
  const [first = new Uint32Array(0), ...others] = pairwise;
  const placesOf = others.map(placesByRow);
  const kept = first
    .map((_, place) => place)
    .filter((place) => placesOf.every((of) => has(of, first[place])));
  const rows = kept.map((place) => first[place] as number);
  return {
    rows,
    positions: [kept, ...placesOf.map((of) => rows.map((row) => (of[row] as number) - 1))].slice(
      0,
      pairwise.length,
    ),
  };
}

/** Position + 1 of each row number, 0 for rows that are not there. */
function placesByRow(rows: Uint32Array): Uint32Array {
  const places = new Uint32Array(rows.reduce((most, row) => Math.max(most, row), 0) + 1);
  rows.forEach((row, place) => {
    places[row] = place + 1;
  });
  return places;
}

function has(places: Uint32Array, row: number | undefined): boolean {
  return row !== undefined && (places[row] ?? 0) > 0;
}

/**
 * A peer's side: its rows of the joint alignment.
 * @param own its pairwise alignment. @param positions as received. Foreign.
 * @throws {CodedError} PARCEL_MALFORMED for a position outside the alignment, or twice.
 */
export function selectRows(own: Uint32Array, positions: Uint32Array): Uint32Array {
  const taken = new Uint8Array(own.length);
  return positions.map((position) => {
    if (position >= own.length || taken[position] === 1) {
      throw new CodedError(
        'PARCEL_MALFORMED',
        'the joint alignment names a row outside the pairwise one, or one twice',
      );
    }
    taken[position] = 1;
    return own[position] as number;
  });
}

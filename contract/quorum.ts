/**
 * Fewest contributors of distinct organisations to a secure sum (PROTOCOLS §0): two would each learn the other's
 * part. A vertical job is the protocol for a pair.
 */
export function minimumContributors(colluders: number): number {
  return Math.max(3, colluders + 2);
}

/** Shamir threshold and signature quorum Q = floor((n + c) / 2) + 1 (PROTOCOLS §2). */
export function quorumOf(participants: number, colluders: number): number {
  return Math.floor((participants + colluders) / 2) + 1;
}

/** Fewest members of a survivor set: |S| >= max(3, c + 2, Q) (PROTOCOLS §2). */
export function fewestIncluded(participants: number, colluders: number): number {
  return Math.max(minimumContributors(colluders), quorumOf(participants, colluders));
}

import type { HorizontalSpec } from './horizontal-spec.js';
import type { ParticipantName } from './ids.js';
import { neededMembers } from './job-spec.js';
import type { SumPurpose } from './post.js';
import { minimumContributors } from './quorum.js';
import type { ShareGraph } from './share-graph.js';

/** What decides whom a sum of a job may be over. */
export interface Cohort {
  readonly spec: HorizontalSpec;
  readonly graph: ShareGraph;
  readonly organisationOf: (name: ParticipantName) => string;
}

/**
 * Why the sum over a set has to stay closed (PROTOCOLS §0 and §2), as a clause about it; undefined when it may be opened.
 * Coordinator and participants ask it alike, and only the participants' answer protects them.
 */
export function closedBecause(
  { spec, graph, organisationOf }: Cohort,
  sum: { readonly purpose: SumPurpose; readonly round: number },
  members: ReadonlySet<ParticipantName>,
): string | undefined {
  const needed = neededMembers(spec, sum);
  if (members.size < needed) return `would include ${members.size} of at least ${needed}`;
  const least = minimumContributors(spec.colluders);
  const organisations = new Set<string>();
  for (const name of members) {
    organisations.add(sameSpelling(organisationOf(name)));
    if (organisations.size === least) break;
  }
  if (organisations.size < least) {
    return `would include ${organisations.size} of at least ${least} organisations`;
  }
  if (graph.joins(members)) return undefined;
  return 'would leave out so many neighbours that a part of it could be read';
}

/** One spelling of an organisation's name: its participants count as one against the others. */
export function sameSpelling(organisation: string): string {
  return organisation.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
}

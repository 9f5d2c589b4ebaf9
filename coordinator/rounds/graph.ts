import { CodedError, type HexDigest, ShareGraph } from '../../contract/index.js';
import { type HorizontalCharter, isSumming, isVerticalKeying, type Unfinished } from './state.js';

/** A job has one roster, so one graph; kept beside the state, which is data. */
const graphs = new WeakMap<HorizontalCharter, ShareGraph>();

interface Rostered {
  readonly charter: HorizontalCharter;
  readonly rosterDigest: HexDigest;
}

/** Who shares masks and secrets with whom in a job whose roster is fixed. */
export function graphOf({ charter, rosterDigest }: Rostered): ShareGraph {
  const graph =
    graphs.get(charter) ??
    new ShareGraph({ names: charter.roster, rosterDigest, colluders: charter.spec.colluders });
  graphs.set(charter, graph);
  return graph;
}

/** The same for a state that asks for mask keys. @throws {CodedError} INTERNAL for one that never does. */
export function keyingGraphOf(state: Unfinished): ShareGraph {
  if (isSumming(state)) return graphOf(state);
  if (state.kind === 'keying' && !isVerticalKeying(state) && state.keying.stage === 'sharing') {
    return graphOf({ charter: state.charter, rosterDigest: state.keying.rosterDigest });
  }
  throw new CodedError('INTERNAL', `no mask keys are asked for in ${state.kind}`);
}

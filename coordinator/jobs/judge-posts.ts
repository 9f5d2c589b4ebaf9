import {
  CodedError,
  type HexDigest,
  type JobEvent,
  type JobId,
  type Post,
  toCodedError,
} from '../../contract/index.js';
import { decide, type JobState, type SenderFacts, type UploadFacts } from '../rounds/index.js';
import { Places } from './places.js';

/** A post whose signature was checked. */
export interface SignedPost {
  readonly post: Post;
  readonly digest: HexDigest;
  readonly sender: SenderFacts;
  /** What is known of the bytes it announces, or why that could not be found out. */
  readonly upload: UploadFacts | CodedError | undefined;
}

export interface Judgement {
  /** The index that a post has in the transcript, or why it gets none. In the order of the posts. */
  readonly verdicts: readonly (number | CodedError)[];
  readonly events: readonly JobEvent[];
  /** After the events. */
  readonly state: JobState;
  /** What the events took. */
  readonly taken: Places;
}

/** Judges posts one after the other, each in the state that those before it lead to. */
export function judgePosts(
  at: { readonly state: JobState; readonly places: Places; readonly jobId: JobId; readonly nowMs: number },
  posts: readonly SignedPost[],
): Judgement {
  const taken = new Places(at.jobId);
  const events: JobEvent[] = [];
  let { state } = at;
  const judge = ({ post, digest, sender, upload }: SignedPost): number => {
    const earlier = at.places.find(post) ?? taken.find(post);
    if (earlier?.digest === digest) return earlier.index;
    if (earlier) {
      throw new CodedError(
        'MESSAGE_CONFLICT',
        `${post.sender} already said something else as ${post.body.kind} (event ${earlier.index})`,
        { parties: [post.sender] },
      );
    }
    if (upload instanceof CodedError) throw upload;
    const { nextIndex } = state;
    const decision = decide(state, { kind: 'post', post, sender, ...(upload && { upload }) }, at.nowMs);
    state = decision.state;
    events.push(...decision.events);
    for (const event of decision.events) taken.add(event);
    return nextIndex;
  };
  const verdicts = posts.map((post) => {
    try {
      return judge(post);
    } catch (error) {
      return toCodedError(error);
    }
  });
  return { verdicts, events, state, taken };
}

import type { CodedError } from '../../contract/index.js';
import type { SignedPost } from './judge-posts.js';

/** Posts stored in one transaction; with the largest sealed messages that is 16 MiB. */
const mostTogether = 32;

/** A post whose bytes were not looked at so far. */
export type ArrivedPost = Omit<SignedPost, 'upload'>;

interface WaitingPost extends ArrivedPost {
  readonly answer: (index: number) => void;
  readonly refuse: (error: unknown) => void;
}

/** Posts of a job that wait for their turn. Those that came at once are taken together: the disk is synced once for all. */
export class PostQueue {
  readonly #waiting: WaitingPost[] = [];

  /**
   * @param inTurn does work once all work before it is done.
   * @param take gives the index of each post, or why it has none; throws what befell all of them.
   */
  constructor(
    private readonly inTurn: (work: () => Promise<void>) => Promise<void>,
    private readonly take: (posts: readonly ArrivedPost[]) => Promise<readonly (number | CodedError)[]>,
  ) {}

  /** @returns the index of the post. */
  add(post: ArrivedPost): Promise<number> {
    return new Promise((answer, refuse) => {
      this.#waiting.push({ ...post, answer, refuse });
      if (this.#waiting.length === 1) void this.inTurn(() => this.#takeSome());
    });
  }

  async #takeSome(): Promise<void> {
    const posts = this.#waiting.splice(0, mostTogether);
    if (this.#waiting.length > 0) void this.inTurn(() => this.#takeSome());
    try {
      const verdicts = await this.take(posts);
      for (const [place, { answer, refuse }] of posts.entries()) {
        const verdict = verdicts[place];
        if (typeof verdict === 'number') answer(verdict);
        else refuse(verdict);
      }
    } catch (error) {
      for (const { refuse } of posts) refuse(error);
    }
  }
}

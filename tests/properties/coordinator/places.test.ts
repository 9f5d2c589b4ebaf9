import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type HexDigest,
  type JobEvent,
  type JobId,
  type ParticipantName,
  type Post,
  postDigest,
} from '../../../contract/index.js';
import { Places } from '../../../coordinator/jobs/places.js';

const jobId = `job-${'7'.repeat(32)}` as JobId;

/** A few senders and sums, so that places come again, and enough of them that the index grows several times. */
const post = fc.record({ sender: fc.nat(5), sum: fc.nat(60), word: fc.nat(3) });
const posts = fc.array(post, { maxLength: 400 });

const postOf = ({ sender, sum, word }: { sender: number; sum: number; word: number }): Post => ({
  sender: `bank-${sender}` as ParticipantName,
  rosterDigest: 'ab'.repeat(32) as HexDigest,
  body: { kind: 'survivorSignature', sum, survivorDigest: `${word}`.repeat(64) as HexDigest },
  signature: '00'.repeat(64),
});
const eventOf = (index: number, of: Post): JobEvent => ({
  index,
  atMs: index,
  body: { kind: 'posted', post: of },
});
const placeOf = ({ sender, sum }: { sender: number; sum: number }) => `${sender} ${sum}`;

it('finds what a map of places has, and nothing else, however many there are and whichever were joined', () => {
  fc.assert(
    fc.property(posts, fc.array(posts, { maxLength: 4 }), posts, (first, joined, asked) => {
      const model = new Map<string, { index: number; digest: string }>();
      const places = new Places(jobId);
      let index = 0;
      const say = (to: Places, said: typeof first) => {
        for (const each of said) {
          to.add(eventOf(index, postOf(each)));
          model.set(placeOf(each), { index, digest: postDigest(jobId, postOf(each)) });
          index += 1;
        }
      };
      say(places, first);
      for (const said of joined) {
        const taken = new Places(jobId);
        say(taken, said);
        places.join(taken);
      }
      for (const each of [...first, ...joined.flat(), ...asked]) {
        expect(places.find(postOf(each))).toEqual(model.get(placeOf(each)));
      }
    }),
    { numRuns: 60 },
  );
});

it('keeps indexes up to 2^32 - 1', () => {
  const places = new Places(jobId);
  const said = postOf({ sender: 0, sum: 0, word: 0 });
  places.add(eventOf(2 ** 32 - 1, said));
  expect(places.find(said)?.index).toBe(2 ** 32 - 1);
});

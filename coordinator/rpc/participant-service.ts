import { z } from 'zod';
import { CodedError, type JobId, jobId, limits, postFromWire } from '../../contract/index.js';
import type { Caller } from '../identity/index.js';
import { isParticipant, type JobBook } from '../jobs/index.js';
import type { Gate } from './gate.js';
import { Meeting } from './meeting.js';
import { parse } from './parse.js';
import { PostReading } from './post-reading.js';
import { subjectOf } from './refusal-log.js';
import type { ScoreRelay } from './score-relay.js';
import type { ParticipantCalls } from './services.js';
import type { SessionHub } from './session-hub.js';
import type { Transfer } from './transfer.js';

const postRequest = z.object({ jobId, post: z.unknown() });
const postAllRequest = z.object({ jobId, posts: z.array(z.unknown()).min(1).max(limits.postsTogether) });

/** What participants call; see participant.proto. */
export function participantHandlers(parts: {
  readonly gate: Gate;
  readonly book: JobBook;
  readonly hub: SessionHub;
  readonly transfer: Transfer;
  readonly scores: ScoreRelay;
}): ParticipantCalls {
  const { gate, book, hub, transfer, scores } = parts;
  const meeting = new Meeting();
  const reading = new PostReading();
  const addPosts = async (caller: Caller, jobId: JobId, foreign: readonly unknown[]) => {
    if (!isParticipant(caller)) throw new CodedError('ROLE_FORBIDDEN', `role ${caller.role} posts nothing`);
    await meeting.next(foreign.length);
    const posts = foreign.map(postFromWire);
    const job = await book.find(jobId);
    if (!job.state.charter.roster.includes(caller.name)) {
      throw new CodedError('MESSAGE_UNEXPECTED', `${caller.name} is not a participant of ${jobId}`);
    }
    const other = posts.find(({ sender }) => sender !== caller.name);
    if (other) {
      throw new CodedError('MESSAGE_UNEXPECTED', `${caller.name} posted in the name of ${other.sender}`);
    }
    const settled = await Promise.allSettled(posts.map((post) => job.post(post, caller)));
    return settled.map((each) => {
      if (each.status === 'rejected') throw each.reason;
      return each.value;
    });
  };
  return {
    PublishCard: gate.unary('PublishCard', async (caller, { card }) => {
      await gate.registry.publishCard(caller, card);
      return {};
    }),
    ListCards: gate.unary('ListCards', async () => ({ cards: gate.registry.cards() })),
    Session: gate.stream('Session', (caller, call) => hub.serve(caller, call)),
    Post: gate.upload('Post', (caller, call) =>
      reading.one(caller, call, async (request) => {
        gate.concerns(call, subjectOf(request));
        const { jobId, post } = parse(postRequest, request);
        const [index] = await addPosts(caller, jobId, [post]);
        return { index: index! };
      }),
    ),
    PostAll: gate.upload('PostAll', (caller, call) =>
      reading.several(caller, call, async (request) => {
        gate.concerns(call, subjectOf(request));
        const { jobId, posts } = parse(postAllRequest, request);
        gate.charge(caller, posts.length - 1);
        return { indexes: await addPosts(caller, jobId, posts) };
      }),
    ),
    Upload: gate.upload('Upload', (caller, call) => transfer.upload(caller, call)),
    GetUpload: gate.unary('GetUpload', (caller, request) => transfer.uploadStatus(caller, request)),
    Download: gate.download('Download', (caller, call) => transfer.download(caller, call)),
    AskScore: gate.unary('AskScore', (caller, request) => scores.ask(caller, request, hub.sendQuestion)),
  };
}

import { eventFromWire, type JobEvent, type JobId, remoteError } from '../../../../contract/index.js';
import { unpacked } from '../../../../participant/session/packed.js';
import type { ScoreQuestion__Output } from '../../../../proto/gen/fedrisk/v1/ScoreQuestion.js';
import type { SessionRequest } from '../../../../proto/gen/fedrisk/v1/SessionRequest.js';
import type { SessionResponse__Output } from '../../../../proto/gen/fedrisk/v1/SessionResponse.js';
import type { Served } from './served.js';

/** A session that collects events and questions until it ends; `over` gives the code it ended with. */
export function openSession(
  served: Served,
  name: string,
  cursors: { jobId: JobId; nextIndex: number }[] = [],
  { alive = true, takesPacked = false } = {},
) {
  const call = served.member(name).node.session();
  const events: JobEvent[] = [];
  const questions: ScoreQuestion__Output[] = [];
  let packed = 0;
  let arrived = () => {};
  let welcomed = () => {};
  const greeted = new Promise<void>((resolve) => {
    welcomed = resolve;
  });
  call.on('data', (message: SessionResponse__Output) => {
    if (message.welcome) welcomed();
    packed += message.packed.length > 0 ? 1 : 0;
    const shown = message.packed.length > 0 ? unpacked(message.packed) : message.events;
    for (const { event } of shown) events.push(eventFromWire(event));
    if (message.scoreQuestion) questions.push(message.scoreQuestion);
    arrived();
  });
  const over = new Promise<string>((resolve) => {
    call.on('error', (error) => resolve(remoteError(error as never).code));
    call.on('end', () => resolve('OK'));
  });
  call.write({ hello: { version: '0.2.0', cursors, takesPacked } });
  const beat = setInterval(() => alive && call.write({ heartbeat: {} }), 100);
  over.finally(() => clearInterval(beat));
  const until = async (test: (events: readonly JobEvent[]) => boolean) => {
    while (!test(events)) {
      await new Promise<void>((resolve) => {
        arrived = resolve;
      });
    }
  };
  const end = () => {
    clearInterval(beat);
    call.end();
  };
  /** The question after those that were taken before. */
  const nextQuestion = async (): Promise<ScoreQuestion__Output> => {
    await until(() => questions.length > 0);
    return questions.shift()!;
  };
  const say = (message: SessionRequest) => call.write(message);
  return { events, packedMessages: () => packed, greeted, until, nextQuestion, say, over, end };
}

import { join } from 'node:path';
import type { Logger } from 'pino';
import { type Clock, CodedError, type JobId, type ParticipantName } from '../../contract/index.js';
import { homeLayout } from '../config.js';
import { type HomeCredentials, readPins } from '../identity/index.js';
import { Journal } from '../journal/index.js';
import { Link } from '../session/index.js';
import { readModelPart } from '../vertical/model.js';
import { ScoreAsking } from './asking.js';
import { onlineJob } from './online-job.js';
import { isLoopback, serveScores, urlOf } from './score-server.js';
import { TableKeeper } from './table-keeper.js';
import type { TableWork } from './table-worker.js';
import { Watched } from './watched.js';

export interface ServingOrder {
  readonly home: string;
  readonly credentials: HomeCredentials;
  readonly jobId: JobId;
  /** Another dataset with the model's features than the one that trained. */
  readonly dataset?: string | undefined;
  readonly host: string;
  readonly port: number;
  /** For all answers to one score. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly environment: TableWork['environment'];
}

/** Of one label holder at the coordinator; each score asks every partner. */
const questionsUnderWay = 64;

/**
 * Serves scores of one model from a label holder's home, whether or not a participant runs on it: only what the journal
 * holds is read, and questions are single calls under the home's certificate.
 * @throws {CodedError} MODEL_UNKNOWN, ROLE_FORBIDDEN, DATASET_*, SCHEMA_DRIFT, CONFIG_INVALID.
 */
export async function openScoreService(order: ServingOrder) {
  const { home, credentials, jobId, host, port, deadlineMs, clock, log, environment } = order;
  const { config, participant } = credentials;
  if (participant === undefined) {
    throw new CodedError(
      'ROLE_FORBIDDEN',
      `${home} belongs to a ${config.role}; scores are served at the label holder`,
    );
  }
  const me = config.name as ParticipantName;
  const { journal: journalPath, jobs, datasets } = homeLayout(home);
  const pins = new Watched(join(home, 'peers.json'), () => readPins(home));
  const own = { organisation: config.organisation, identityKey: participant.signer.publicKey };
  const journal = new Journal(journalPath, participant.journalKey);
  let job: ReturnType<typeof onlineJob>;
  try {
    job = onlineJob(journal, jobId, me, (name) => (name === me ? own : pins.get().get(name)));
  } finally {
    journal.close();
  }
  const model = await readModelPart(join(jobs, jobId));
  const dataset = order.dataset ?? job.spec.parties[me]!.dataset;
  const tableOrder = { datasetFolder: datasets, dataset, model };
  const rows = new TableKeeper({ order: tableOrder, environment, clock, log });
  const link = new Link(credentials);
  try {
    const asking = new ScoreAsking({
      ...{ job, model, clock, deadlineMs },
      signer: participant.signer,
      table: () => rows.table(),
      pins: () => pins.get(),
      ask: (question) => link.askScore(question),
    });
    const { rows: count } = await rows.table();
    for (const { code, message, parties } of await asking.unready()) {
      log.warn({ code, parties, reason: message }, 'a partner does not answer yet');
    }
    const server = await serveScores({
      ...{ host, port, log },
      mostUnderWay: Math.floor(questionsUnderWay / asking.partners.length),
      score: (asked) => asking.score(asked),
      health: async () => ({
        ok: true,
        model: jobId,
        dataset,
        rows: (await rows.table()).rows,
        partners: asking.partners,
      }),
    });
    return {
      url: urlOf(server),
      model: jobId as string,
      dataset,
      rows: count,
      partners: asking.partners,
      /** False where others than this machine reach it. */
      loopback: isLoopback(host),
      close: async () => {
        await server.close();
        link.close();
        await rows.close();
      },
    };
  } catch (thrown) {
    link.close();
    await rows.close();
    throw thrown;
  }
}

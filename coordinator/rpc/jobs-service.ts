import { z } from 'zod';
import { type Clock, limits, type ParameterSetName } from '../../contract/index.js';
import type { JobsServiceHandlers } from '../../proto/gen/fedrisk/v1/JobsService.js';
import { wire } from '../../proto/index.js';
import type { Adder } from '../adding/index.js';
import type { Caller, Registry } from '../identity/index.js';
import {
  checkMayCancel,
  checkMayRead,
  checkMaySubmit,
  checkModel,
  checkParties,
  estimate,
  findRound,
  type JobBook,
  jobView,
  type LiveJob,
  mayRead,
  parseSpec,
  type RoundView,
  roundPage,
  roundView,
} from '../jobs/index.js';
import { jobStateKinds } from '../rounds/index.js';
import type { Gate } from './gate.js';
import { parse, parseJobId } from './parse.js';
import { JobWatches } from './watch-job.js';

const submitRequest = z.object({ specJson: z.string(), idempotencyKey: z.string().max(200) });
const listRequest = z.object({
  state: z.union([z.literal(''), z.enum(jobStateKinds)]),
  limit: z.int().min(0).max(1000),
});
const cancelRequest = z.object({ jobId: z.string(), reason: z.string().max(500) });
const roundRequest = z.object({
  jobId: z.string(),
  round: z.int().min(0).max(limits.rounds),
  sum: z.int().min(0).max(limits.sumsPerJob).optional(),
});
const roundsRequest = z.object({ jobId: z.string(), from: z.int().min(0).max(limits.sumsPerJob) });
const { responseSerialize } = wire.JobsService.service.GetRound;
const sizeOf = (round: RoundView) => responseSerialize({ round }).length;
const listedWithoutLimit = 50;
/** Finished jobs looked at for an estimate. */
const comparedJobs = 20;

/** What people and scripts call; see jobs.proto. */
export function jobsHandlers(parts: {
  readonly gate: Gate;
  readonly book: JobBook;
  readonly registry: Registry;
  readonly adder: Adder;
  readonly clock: Clock;
  /** How long a view may wait for its reader. */
  readonly unreadMs: number;
}): JobsServiceHandlers {
  const { gate, book, registry, adder, clock, unreadMs } = parts;
  const partiesByName = () => new Map(registry.parties().map((party) => [party.name as string, party]));
  const sources = () => ({
    presence: book.presence,
    parties: partiesByName(),
    nowMs: clock.now(),
    describe: (set: ParameterSetName) => adder.describe(set),
  });
  const watches = new JobWatches({ book, sources, unreadMs });
  const readable = async (caller: Caller, jobId: string): Promise<LiveJob> => {
    const job = await book.find(parseJobId(jobId));
    checkMayRead(caller, job.state.charter, partiesByName());
    return job;
  };
  return {
    SubmitJob: gate.unary('SubmitJob', async (caller, request) => {
      checkMaySubmit(caller);
      const { specJson, idempotencyKey } = parse(submitRequest, request);
      const spec = parseSpec(specJson);
      checkParties(spec, registry.parties());
      await checkModel(spec, (jobId) => book.find(jobId));
      const { jobId, repeated } = await book.submit(spec, caller, idempotencyKey);
      return { jobId, repeatedKey: repeated };
    }),
    ListJobs: gate.unary('ListJobs', async (caller, request) => {
      const { state, limit } = parse(listRequest, request);
      const jobs = await book.list(state === '' ? undefined : state, limit || listedWithoutLimit);
      const parties = partiesByName();
      const own = jobs.filter((job) => mayRead(caller, job.state.charter, parties));
      return { jobs: own.map((job) => jobView(job.state, sources())) };
    }),
    GetJob: gate.unary('GetJob', async (caller, request) => {
      const { state } = await readable(caller, request.jobId);
      return { job: jobView(state, sources()), specJson: state.charter.specJson };
    }),
    WatchJob: gate.download('WatchJob', async (caller, call) => {
      const job = await readable(caller, call.request.jobId);
      await watches.serve(call, job, () => registry.caller(caller.certificateFingerprint));
    }),
    CancelJob: gate.unary('CancelJob', async (caller, request) => {
      const { jobId, reason } = parse(cancelRequest, request);
      const job = await readable(caller, jobId);
      checkMayCancel(caller, job.state.charter);
      await job.cancel(caller.name, reason);
      return {};
    }),
    EstimateJob: gate.unary('EstimateJob', async (caller, request) => {
      checkMaySubmit(caller);
      const finished = await book.list('finished', comparedJobs);
      return estimate(
        parseSpec(request.specJson),
        adder,
        finished.map((job) => job.state),
      );
    }),
    ListRounds: gate.unary('ListRounds', async (caller, request) => {
      const { jobId, from } = parse(roundsRequest, request);
      const { state } = await readable(caller, jobId);
      return roundPage(state, sources(), { from, mostBytes: limits.messageBytes / 2, sizeOf });
    }),
    GetRound: gate.unary('GetRound', async (caller, request) => {
      const { jobId, round, sum } = parse(roundRequest, request);
      const { state } = await readable(caller, jobId);
      const found = findRound(state, sum === undefined ? { round } : { sum });
      return { round: roundView(state, found, sources()) };
    }),
    ListParties: gate.unary('ListParties', async () => ({
      parties: registry.parties().map((party) => ({
        ...party,
        connected: book.presence.isConnected(party.name),
      })),
    })),
  };
}

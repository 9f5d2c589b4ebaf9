import type { CallOptions, ServiceError } from '@grpc/grpc-js';
import {
  type Clock,
  CodedError,
  isRemoteFailure,
  jobIdOfSpec,
  jobSpec,
  remoteError,
  toCodedError,
} from '../contract/index.js';
import type { HomeCredentials } from '../participant/main.js';
import type { EstimateJobResponse__Output } from '../proto/gen/fedrisk/v1/EstimateJobResponse.js';
import type { GetJobResponse__Output } from '../proto/gen/fedrisk/v1/GetJobResponse.js';
import type { GetRoundResponse__Output } from '../proto/gen/fedrisk/v1/GetRoundResponse.js';
import type { JobView__Output } from '../proto/gen/fedrisk/v1/JobView.js';
import type { ListJobsResponse__Output } from '../proto/gen/fedrisk/v1/ListJobsResponse.js';
import type { ListPartiesResponse__Output } from '../proto/gen/fedrisk/v1/ListPartiesResponse.js';
import type { ListRoundsResponse__Output } from '../proto/gen/fedrisk/v1/ListRoundsResponse.js';
import type { Metric__Output } from '../proto/gen/fedrisk/v1/Metric.js';
import type { ParticipantView__Output } from '../proto/gen/fedrisk/v1/ParticipantView.js';
import type { Party__Output } from '../proto/gen/fedrisk/v1/Party.js';
import type { RoundView__Output } from '../proto/gen/fedrisk/v1/RoundView.js';
import type { SubmitJobResponse__Output } from '../proto/gen/fedrisk/v1/SubmitJobResponse.js';
import type { WatchJobResponse__Output } from '../proto/gen/fedrisk/v1/WatchJobResponse.js';
import { wire } from '../proto/index.js';
import { type Attempt, InTurn } from './in-turn.js';

export type JobView = JobView__Output;
export type Metric = Metric__Output;
export type ParticipantView = ParticipantView__Output;
export type RoundView = RoundView__Output;
export type Party = Party__Output;
export type Estimate = EstimateJobResponse__Output;

/** A watch is opened anew after this long, so that no call is without a deadline. */
const watchCallMs = 3_600_000;

/** Starts one unary call of a stub. */
type Unary<Response> = (
  stub: JobsStub,
  options: CallOptions,
  callback: (error: ServiceError | null, response?: Response) => void,
) => unknown;

/** Jobs, rounds and parties at the coordinator; every call has a deadline, every error a code. */
export interface JobsClient {
  readonly address: string;
  /** Who calls, and at which coordinator: certificate name and CA fingerprint. */
  readonly caller: { readonly name: string; readonly caFingerprint: string };
  submit(specJson: string, idempotencyKey: string): Promise<SubmitJobResponse__Output>;
  list(state: string, limit: number): Promise<JobView[]>;
  get(jobId: string): Promise<{ readonly job: JobView; readonly specJson: string }>;
  /** Views of the job whenever it changes, until it ends, the signal aborts or the connection breaks. */
  watch(jobId: string, signal: AbortSignal): AsyncIterable<JobView>;
  cancel(jobId: string, reason: string): Promise<void>;
  estimate(specJson: string): Promise<Estimate>;
  rounds(jobId: string): Promise<RoundView[]>;
  round(jobId: string, which: { readonly round: number } | { readonly sum: number }): Promise<RoundView>;
  parties(): Promise<Party[]>;
  close(): void;
}

type JobsStub = InstanceType<typeof wire.JobsService>;

export function connectJobs(to: {
  readonly credentials: HomeCredentials;
  /** host:port of the main port; of several replicas all, separated by commas. */
  readonly address: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}): JobsClient {
  const { channel, channelOptions, config } = to.credentials;
  const addresses = to.address.split(',').map((address) => address.trim());
  const open = (address: string) => new wire.JobsService(address, channel, channelOptions);
  const replicas = new InTurn<JobsStub>(addresses, open, to.clock);
  const call = <Response>(start: Unary<Response>): Promise<Response> =>
    replicas.ask(to.timeoutMs, (attempt) => oneCall(attempt, start));
  /** proto3 lets a message be absent; ours never leave these out. */
  const present = <Value>(value: Value | null): Value => {
    if (value === null) throw new CodedError('MESSAGE_MALFORMED', `${to.address} answered without content`);
    return value;
  };
  const get = async (jobId: string) => {
    const { job, specJson } = await call<GetJobResponse__Output>((stub, options, back) =>
      stub.getJob({ jobId }, options, back),
    );
    return { job: present(job), specJson };
  };

  return {
    address: replicas.addresses,
    caller: { name: config.name, caFingerprint: config.coordinator.caFingerprint },
    submit: (specJson, idempotencyKey) =>
      replicas.ask(to.timeoutMs, async (attempt) => {
        try {
          return await oneCall<SubmitJobResponse__Output>(attempt, (stub, options, back) =>
            stub.submitJob({ specJson, idempotencyKey }, options, back),
          );
        } catch (thrown) {
          // The replica that did not answer had heard it: the nonce makes it one job, wherever it is submitted again.
          if (!attempt.again || toCodedError(thrown).code !== 'JOB_REPLAYED') throw thrown;
          return { jobId: jobIdOfSpec(jobSpec.parse(JSON.parse(specJson))), repeatedKey: false };
        }
      }),
    list: async (state, limit) =>
      (
        await call<ListJobsResponse__Output>((stub, options, back) =>
          stub.listJobs({ state, limit }, options, back),
        )
      ).jobs,
    get,
    watch: (jobId, signal) => watched(replicas, { jobId, signal, clock: to.clock }),
    cancel: (jobId, reason) =>
      replicas.ask(to.timeoutMs, async (attempt) => {
        try {
          await oneCall(attempt, (stub, options, back) => stub.cancelJob({ jobId, reason }, options, back));
        } catch (thrown) {
          const ended = attempt.again && toCodedError(thrown).code === 'JOB_ENDED';
          if (!ended || (await get(jobId)).job.state !== 'cancelled') throw thrown;
        }
      }),
    estimate: (specJson) => call((stub, options, back) => stub.estimateJob({ specJson }, options, back)),
    rounds: async (jobId) => {
      const rounds: RoundView[] = [];
      let from = 0;
      do {
        const page = await call<ListRoundsResponse__Output>((stub, options, back) =>
          stub.listRounds({ jobId, from }, options, back),
        );
        rounds.push(...page.rounds);
        // A page that goes back would never end.
        from = page.next > from ? page.next : 0;
      } while (from > 0);
      return rounds;
    },
    round: async (jobId, which) =>
      present(
        (
          await call<GetRoundResponse__Output>((stub, options, back) =>
            stub.getRound({ jobId, ...which }, options, back),
          )
        ).round,
      ),
    parties: async () =>
      (await call<ListPartiesResponse__Output>((stub, options, back) => stub.listParties({}, options, back)))
        .parties,
    close: () => replicas.close(),
  };
}

function oneCall<Response>(
  { stub, address, deadlineMs }: Attempt<JobsStub>,
  start: Unary<Response>,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    start(stub, { deadline: deadlineMs }, (error, response) => {
      if (error) reject(codedOfCall(error, address));
      else resolve(response as Response);
    });
  });
}

/** From the replicas that answer, one after the other; who heard nothing from any of them is told so. */
async function* watched(
  replicas: InTurn<JobsStub>,
  { jobId, signal, clock }: { jobId: string; signal: AbortSignal; clock: Clock },
): AsyncGenerator<JobView> {
  const silent: string[] = [];
  for (const { stub, address } of replicas.attempts(watchCallMs)) {
    const stream = stub.watchJob({ jobId }, { deadline: clock.now() + watchCallMs });
    const stop = () => stream.cancel();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for await (const { job } of stream as AsyncIterable<WatchJobResponse__Output>) {
        if (job === null) throw new CodedError('MESSAGE_MALFORMED', `${address} answered without content`);
        silent.length = 0;
        yield job;
      }
      return;
    } catch (thrown) {
      if (signal.aborted) return;
      const error = codedOfCall(thrown, address);
      if (error.code !== 'COORDINATOR_UNREACHABLE') throw error;
      silent.push(error.message);
    } finally {
      signal.removeEventListener('abort', stop);
      stream.cancel();
    }
  }
  throw new CodedError('COORDINATOR_UNREACHABLE', silent.join('; '));
}

/** The coded form of a failed call; a coordinator that does not answer is named by its address. */
function codedOfCall(thrown: unknown, address: string): CodedError {
  if (!isRemoteFailure(thrown)) return toCodedError(thrown);
  const error = remoteError(thrown);
  if (error.code !== 'COORDINATOR_UNREACHABLE') return error;
  return new CodedError(error.code, `${address}: ${error.message}`, { cause: thrown });
}

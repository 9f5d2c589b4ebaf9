import { resolve } from 'node:path';
import {
  CodedError,
  drawNonce,
  hinted,
  jobSpec,
  leavesModel,
  type ModelSpec,
  specJson,
  type VerticalSpec,
} from '../../contract/index.js';
import type { JobsClient } from '../client.js';
import type { LogLevel } from '../doors.js';
import { followJob } from '../follow.js';
import type { Invocation } from '../invocation.js';
import { onlyJob, resolveJobId } from '../job-reference.js';
import type { Outcome } from '../output.js';
import { untilInterrupted } from '../running.js';
import { batchPage, elsewherePage, servingLine, unguardedNote } from '../views/score.js';
import { shortJobId } from '../views/state.js';
import { type CommandGroup, collect, logLevelOption } from './command.js';

const usualPort = '7090';
const usualHost = '127.0.0.1';
/** For all partners of one score; whoever waits at a counter waits no longer. */
const usualDeadlineMs = 5000;

interface ServeOptions {
  readonly model: string;
  readonly dataset?: string;
  readonly port: string;
  readonly host: string;
  readonly logLevel: LogLevel;
}

interface BatchOptions {
  readonly model: string;
  readonly dataset?: readonly string[];
  readonly out: string;
  readonly wait: boolean;
}

export function addScore(top: CommandGroup): void {
  const score = top.group(
    'score',
    'Score customers with a joint model: one by one, or all in a batch',
    'fedrisk score batch --model job-1a2b3c4d5e6f --out scores.csv',
  );
  score.add<[ServeOptions]>('serve', {
    summary: 'Answer POST /v1/score at the label holder; --timeout bounds one score (5s)',
    examples: ['fedrisk score serve --home bank-a --model job-1a2b3c4d5e6f'],
    shape: (command) =>
      command
        .requiredOption('--model <job>', 'the finished training job')
        .option(
          '--dataset <name>',
          'dataset of this node with the rows to score (default: the one that trained)',
        )
        .option('--port <port>', 'HTTP port; 0 takes a free one', usualPort)
        .option('--host <host>', 'address to listen on; it authenticates nobody', usualHost)
        .addOption(logLevelOption()),
    run: serve,
  });
  score.add<[BatchOptions]>('batch', {
    summary: 'Score every common customer in a job; its label holder gets a CSV file',
    examples: [
      'fedrisk score batch --home bank-a --model job-1a2b3c4d5e6f --out scores.csv',
      'fedrisk score batch --model job-1a2b3c4d5e6f --dataset shop-x=june',
    ],
    shape: (command) =>
      command
        .requiredOption('--model <job>', 'the finished training job')
        .option('--dataset <party=name>', 'dataset of a party (default: the one that trained)', collect)
        .option('--out <file>', 'where the scores go', 'scores.csv')
        .option('--no-wait', 'print the job id and return'),
    run: batch,
  });
}

async function serve(invocation: Invocation, options: ServeOptions): Promise<Outcome> {
  const { host, dataset, logLevel } = options;
  const port = portOf(options.port);
  const { serveScores, participantStatus } = await invocation.runtime.doors.participant();
  const order = await invocation.order();
  const { jobs } = await participantStatus(order);
  const { jobId } = onlyJob(options.model, jobs, 'MODEL_UNKNOWN');
  const service = await serveScores({
    ...{ ...order, ...invocation.dial, jobId, host, port, logLevel },
    deadlineMs: invocation.timeoutMs ?? usualDeadlineMs,
    ...(dataset !== undefined && { dataset }),
  });
  const { url, rows, partners, loopback } = service;
  invocation.emit(
    { event: 'listening', url, model: jobId, dataset: service.dataset, rows, partners },
    servingLine(service),
  );
  if (!loopback) invocation.note(unguardedNote(url));
  await untilInterrupted(invocation, service, 'participant');
  return { data: { event: 'stopped' }, text: 'stopped' };
}

async function batch(invocation: Invocation, options: BatchOptions): Promise<Outcome> {
  const chosen = chosenDatasets(options.dataset ?? []);
  return invocation.ask(async (client) => {
    const training = await trainingOf(client, options.model);
    const spec = scoringSpec(training.spec, training.jobId, chosen);
    const { jobId } = await client.submit(specJson(spec), '');
    const id = shortJobId(jobId);
    invocation.note(`${id} scores the customers that ${Object.keys(spec.parties).join(', ')} have in common`);
    if (!options.wait) return { data: { jobId }, text: jobId };
    const outcome = await followJob(invocation, client, jobId, () => {});
    if (outcome.failure) return outcome;
    return collected(invocation, spec.labelHolder, jobId, options.out);
  });
}

/** The scores stand in the label holder's home; from there they are copied, from elsewhere we can only say where. */
async function collected(
  invocation: Invocation,
  labelHolder: string,
  jobId: string,
  file: string,
): Promise<Outcome> {
  const { homeCredentials, copyScores } = await invocation.runtime.doors.participant();
  const order = await invocation.order();
  const { config } = await homeCredentials(order);
  if (config.name !== labelHolder) {
    return { data: { jobId, labelHolder, out: null }, text: elsewherePage(labelHolder, jobId) };
  }
  const out = resolve(file);
  const { scored, withoutPartner } = await copyScores({ ...order, jobId, out });
  const data = { jobId, labelHolder, out, scored, withoutPartner };
  return { data, text: batchPage(data, invocation.palette) };
}

/** @throws {CodedError} JOB_UNKNOWN, SPEC_INVALID when the job trained no model of several domains. */
async function trainingOf(client: JobsClient, named: string) {
  const jobId = await resolveJobId(client, named);
  const { job, specJson: text } = await client.get(jobId);
  const spec = jobSpec.safeParse(JSON.parse(text)).data;
  if (spec === undefined || !leavesModel(spec) || job.state !== 'finished') {
    throw new CodedError(
      'SPEC_INVALID',
      `--model: ${shortJobId(jobId)} is no finished training of a joint model (vertical, ${job.state})`,
    );
  }
  return { jobId, spec };
}

/** Same parties, purpose, alignment and deadlines as the training. @throws {CodedError} SPEC_INVALID. */
export function scoringSpec(
  training: ModelSpec,
  jobId: string,
  chosen: ReadonlyMap<string, string>,
): VerticalSpec {
  const { purpose, labelHolder, alignment, deadlines, parties } = training;
  const strangers = [...chosen.keys()].filter((name) => !Object.hasOwn(parties, name));
  if (strangers.length > 0) {
    const named = strangers.map((name) => hinted(name, Object.keys(parties)));
    throw new CodedError('SPEC_INVALID', `--dataset: ${named.join(', ')} did not train the model`);
  }
  const named = Object.entries(parties).map(([name, { dataset }]) => [
    name,
    { dataset: chosen.get(name) ?? dataset },
  ]);
  const parsed = jobSpec.safeParse({
    ...{ mode: 'vertical', type: 'scoring', purpose, labelHolder, alignment, deadlines },
    name: `${training.name.slice(0, 56)}-scores`,
    parties: Object.fromEntries(named),
    release: ['rows'],
    model: { job: jobId },
    nonce: drawNonce(),
  });
  if (parsed.success && parsed.data.mode === 'vertical') return parsed.data;
  const [issue] = parsed.error?.issues ?? [];
  throw new CodedError('SPEC_INVALID', `--dataset: ${issue?.path.map(String).join('.')}: ${issue?.message}`);
}

/** PARTY=NAME, each party once. @throws {CodedError} CONFIG_INVALID. */
function chosenDatasets(pairs: readonly string[]): ReadonlyMap<string, string> {
  const chosen = new Map<string, string>();
  for (const pair of pairs) {
    const [, party, name] = /^([^=]+)=([^=]+)$/.exec(pair) ?? [];
    if (party === undefined || name === undefined || chosen.has(party)) {
      throw new CodedError('CONFIG_INVALID', `--dataset: "${pair}" is not PARTY=NAME, each party once`);
    }
    chosen.set(party, name);
  }
  return chosen;
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new CodedError('CONFIG_INVALID', `--port: "${text}" is not a port from 0 to 65535`);
}

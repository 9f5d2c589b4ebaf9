import {
  CodedError,
  digestOf,
  drawNonce,
  type JobSpec,
  jobSpec,
  minimumContributors,
  participantsOf,
  readYamlFile,
  seedInSpec,
  seedOfNonce,
  specJson,
} from '../../contract/index.js';
import type { JobsClient } from '../client.js';
import { followJob } from '../follow.js';
import type { Invocation } from '../invocation.js';
import type { Outcome } from '../output.js';
import { estimatePage } from '../views/estimate.js';
import { specPage } from '../views/spec.js';
import { shortJobId } from '../views/state.js';
import type { CommandGroup } from './command.js';

interface SpecOptions {
  readonly participants?: string;
}

interface SubmitOptions extends SpecOptions {
  readonly wait?: true;
  readonly idempotencyKey?: string;
  readonly plaintext?: true;
}

const participantsOption = [
  '--participants <names>',
  'take these participants, separated by commas, instead of those in FILE',
] as const;

export function addSubmitCommands(jobs: CommandGroup): void {
  jobs.add<[string, SubmitOptions]>('submit <file>', {
    summary: 'Submit a job spec (YAML); prints the job id',
    examples: [
      'fedrisk jobs submit loan-default.yaml',
      'fedrisk jobs submit loan-default.yaml --wait --json',
    ],
    shape: (command) =>
      command
        .option('--wait', 'wait until the job ended; exit code as jobs wait')
        .option('--idempotency-key <key>', 'submitting FILE again under this key gives the same job')
        .option(
          '--plaintext',
          'for tests of boosting: no encryption between nodes that were started with --plaintext',
        )
        .option(...participantsOption),
    run: submit,
  });
  jobs.add<[string, SpecOptions]>('validate <file>', {
    summary: 'Check a job spec here, without a coordinator; errors name file, line and field',
    examples: ['fedrisk jobs validate loan-default.yaml'],
    shape: (command) => command.option(...participantsOption),
    run: validate,
  });
  jobs.add<[string, SpecOptions]>('estimate <file>', {
    summary: 'Estimate bytes and time of a job before it is launched',
    examples: ['fedrisk jobs estimate loan-default.yaml'],
    shape: (command) => command.option(...participantsOption),
    run: estimate,
  });
}

async function submit(invocation: Invocation, file: string, options: SubmitOptions) {
  const loaded = await loadSpec(file, options);
  const spec = options.plaintext ? withoutEncryption(loaded) : loaded;
  const { training } = await readYamlFile(file, seedInSpec, 'SPEC_INVALID');
  return invocation.ask(async (client): Promise<Outcome> => {
    const { idempotencyKey: key = '' } = options;
    const keyed = key === '' ? spec : { ...spec, nonce: nonceOfKey(key, client.caller) };
    const seeded = training?.seed === undefined ? withDrawnSeed(keyed) : keyed;
    const { jobId, repeatedKey } = await client.submit(specJson(seeded), key);
    const id = shortJobId(jobId);
    const said = repeatedKey
      ? `${id} was submitted before under this key`
      : `${id} waits for the consent of ${participantsOf(spec).join(', ')}`;
    if (options.wait) {
      invocation.note(said);
      return followJob(invocation, client, jobId, () => {});
    }
    invocation.note(`${said}; follow it with fedrisk jobs watch ${id}`);
    return { data: { jobId, repeatedKey }, text: jobId };
  });
}

async function validate({ palette }: Invocation, file: string, options: SpecOptions) {
  const spec = await loadSpec(file, options);
  const { nonce: _drawnAtSubmission, ...written } = spec;
  return { data: { spec: written }, text: specPage(spec, file, palette) };
}

async function estimate(invocation: Invocation, file: string, options: SpecOptions) {
  const spec = await loadSpec(file, options);
  return invocation.ask(async (client) => {
    const figures = await client.estimate(specJson(spec));
    return {
      data: { estimate: figures },
      text: estimatePage(figures, spec, invocation.palette),
    };
  });
}

/**
 * The spec of a file with a fresh nonce, so that its job id is new.
 * @throws {CodedError} SPEC_INVALID with file, line and field; SPEC_TOO_FEW_PARTIES.
 */
async function loadSpec(file: string, { participants }: SpecOptions): Promise<JobSpec> {
  const written = await readYamlFile(file, jobSpec, 'SPEC_INVALID', { fill: { nonce: drawNonce() } });
  const spec = participants === undefined ? written : withParticipants(written, participants);
  // The parties of a vertical job are counted by its schema.
  if (spec.mode === 'vertical') return spec;
  const fewest = minimumContributors(spec.colluders);
  if (spec.participants.length < fewest) {
    throw new CodedError(
      'SPEC_TOO_FEW_PARTIES',
      `${spec.participants.length} participants, at least ${fewest} are needed with ${spec.colluders} colluders`,
    );
  }
  return spec;
}

/**
 * The same key of the same submitter at the same coordinator gives the same nonce, so that submitting again sends
 * the very same spec, also after a crash and from another machine. A nonce must be unique, not secret.
 */
function nonceOfKey(key: string, caller: JobsClient['caller']): string {
  return digestOf('fedrisk/v1/submission-nonce', { key, ...caller });
}

/** Drawn like the nonce, which it follows from: under the same key it is the same. */
function withDrawnSeed(spec: JobSpec): JobSpec {
  if (spec.mode === 'vertical') return spec;
  return { ...spec, training: { ...spec.training, seed: seedOfNonce(spec.nonce) } };
}

function withoutEncryption(spec: JobSpec): JobSpec {
  if (spec.mode === 'vertical' && spec.type === 'boosting') return { ...spec, plaintext: true };
  throw new CodedError('CONFIG_INVALID', '--plaintext: only jobs of type boosting run without encryption');
}

function withParticipants(spec: JobSpec, names: string): JobSpec {
  if (spec.mode === 'vertical') {
    const why = 'the parties of a vertical job bring different datasets; edit parties in FILE';
    throw new CodedError('CONFIG_INVALID', `--participants: ${why}`);
  }
  const parsed = jobSpec.safeParse({ ...spec, participants: names.split(',').map((name) => name.trim()) });
  if (parsed.success) return parsed.data;
  throw new CodedError('CONFIG_INVALID', `--participants: ${parsed.error.issues[0]?.message}`);
}

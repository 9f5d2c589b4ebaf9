import { onlyJob } from '../job-reference.js';
import { datasetOutcome } from '../views/dataset.js';
import { modelPage, modelTable, policyPage } from '../views/domain.js';
import type { CommandGroup } from './command.js';

/** What is looked at inside a domain, without a network: datasets, policy, models. */
export function addDomain(participant: CommandGroup): void {
  addDatasets(participant);
  addPolicy(participant);
  addModels(participant);
}

function addDatasets(participant: CommandGroup): void {
  const datasets = participant.group(
    'datasets',
    'Datasets of this node, as its dataset files map them',
    'fedrisk participant datasets check',
  );
  datasets.add<[string | undefined]>('check [dataset]', {
    summary: 'Read datasets and report rows, missing values, ranges and what does not fit',
    examples: ['fedrisk participant datasets check', 'fedrisk participant datasets check credit --json'],
    run: async (invocation, dataset) => {
      const { checkDatasets } = await invocation.runtime.doors.participant();
      const reports = await checkDatasets({
        ...(await invocation.order()),
        ...(dataset !== undefined && { dataset }),
      });
      return datasetOutcome(reports, invocation.palette);
    },
  });
}

function addPolicy(participant: CommandGroup): void {
  const policy = participant.group(
    'policy',
    'The policy of this node: what it takes part in',
    'fedrisk participant policy check',
  );
  policy.add<[]>('check', {
    summary: 'Check the policy file and say in words what it allows',
    examples: ['fedrisk participant policy check'],
    run: async (invocation) => {
      const { checkPolicy } = await invocation.runtime.doors.participant();
      const summary = await checkPolicy(await invocation.order());
      return { data: { policy: summary }, text: policyPage(summary, invocation.palette) };
    },
  });
}

function addModels(participant: CommandGroup): void {
  const models = participant.group(
    'models',
    'Joint models this node holds, and what vertical jobs left here: IV tables, scores',
    'fedrisk participant models list',
  );
  models.add<[]>('list', {
    summary: 'List models and tables of finished jobs',
    examples: ['fedrisk participant models list'],
    run: async (invocation) => {
      const { listModels } = await invocation.runtime.doors.participant();
      const rows = await listModels(await invocation.order());
      return { data: { models: rows }, text: modelTable(rows, invocation.palette) };
    },
  });
  models.add<[string]>('show <job>', {
    summary: 'Show the model of a job: metrics, fingerprint; of a vertical one coefficients, WOE, IV, bands',
    examples: ['fedrisk participant models show job-1a2b3c4d5e6f'],
    run: async (invocation, job) => {
      const { listModels, showModel } = await invocation.runtime.doors.participant();
      const order = await invocation.order();
      const { jobId } = onlyJob(job, await listModels(order), 'MODEL_UNKNOWN');
      const row = await showModel({ ...order, jobId });
      return { data: { model: row }, text: modelPage(row, invocation.palette) };
    },
  });
}

import { resolve } from 'node:path';
import { onlyJob } from '../job-reference.js';
import { datasetOutcome } from '../views/dataset.js';
import { exportWords, modelPage, modelTable, policyPage } from '../views/domain.js';
import { treePage } from '../views/trees.js';
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
  models.add<[string]>('trees <job>', {
    summary: 'Trees of a job one by one, also while it runs: nodes, splits, losses as this node knows them',
    examples: ['fedrisk participant models trees job-1a2b3c4d5e6f'],
    run: async (invocation, job) => {
      const { participantStatus, showTrees } = await invocation.runtime.doors.participant();
      const order = await invocation.order();
      const { jobId } = onlyJob(job, (await participantStatus(order)).jobs, 'MODEL_UNKNOWN');
      const course = await showTrees({ ...order, jobId });
      return { data: course, text: treePage(course, invocation.palette) };
    },
  });
  models.add<[string, { readonly out: string }]>('report <job>', {
    summary:
      'Write the report of a model as one HTML file: boosted trees at their label holder, any model of a horizontal job',
    examples: ['fedrisk participant models report job-1a2b3c4d5e6f --out trees.html'],
    shape: (command) => command.option('--out <file>', 'where it goes', 'report.html'),
    run: async (invocation, job, { out }) => {
      const { listModels, writeReport } = await invocation.runtime.doors.participant();
      const order = await invocation.order();
      const { jobId } = onlyJob(job, await listModels(order), 'MODEL_UNKNOWN');
      const { path } = await writeReport({ ...order, jobId, out: resolve(out) });
      return { data: { jobId, path }, text: path };
    },
  });
  models.add<[string, { readonly out: string }]>('export <job>', {
    summary: 'Write the own part of a joint model as JSON, for other programs; of a horizontal job its trees',
    examples: ['fedrisk participant models export job-1a2b3c4d5e6f --out part.json'],
    shape: (command) => command.option('--out <file>', 'where it goes', 'model.json'),
    run: async (invocation, job, { out }) => {
      const { listModels, exportModel } = await invocation.runtime.doors.participant();
      const order = await invocation.order();
      const { jobId } = onlyJob(job, await listModels(order), 'MODEL_UNKNOWN');
      const written = await exportModel({ ...order, jobId, out: resolve(out) });
      return { data: { jobId, ...written }, text: exportWords(written) };
    },
  });
}

import { lineChart } from './chart.js';
import { bytes, dash, list, score, seconds, signed } from './figures.js';
import { html, type Markup, table } from './markup.js';
import type { JobReport, RoundReport } from './types.js';

/** Everything about one job. `index` keeps ids of its charts apart from those of other jobs. */
export function jobSection(job: JobReport, participants: readonly string[], index: number): Markup {
  return html`<h2>${job.name}: horizontal</h2>
<p>Mode ${job.mode}, model ${job.model}, algorithm ${job.algorithm}: ${job.status} after ${job.rounds} ${job.rounds === 1 ? 'round' : 'rounds'} in ${seconds(job.seconds)}; the final model is that of round ${job.bestRound}.</p>
<div class="charts">
${charts(job).map((spec, i) => lineChart(spec, index * 10 + i))}
</div>
<h3>On each participant's own test rows</h3>
${ownRowsTable(job)}
<h3>What was encrypted and who could decrypt</h3>
${protection(job)}
<h3>Time and bytes</h3>
${costTable(job, participants)}
<h3>Rounds</h3>
${roundTable(job.perRound)}
<h3>Model fingerprints</h3>
${fingerprints(job)}`;
}

function charts({ perRound, solo }: JobReport) {
  const best = (pick: 'auc' | 'ks') => {
    const values = Object.values(solo).map((scores) => scores[pick]);
    return values.length === 0 ? {} : { level: { name: 'best solo model', value: Math.max(...values) } };
  };
  const points = (pick: 'trainLoss' | 'auc' | 'ks') =>
    perRound.map((round) => ({ round: round.round, value: round[pick] }));
  return [
    {
      title: 'Training loss per round',
      description: course(perRound, 'trainLoss'),
      points: points('trainLoss'),
    },
    {
      title: 'Joint AUC per round',
      description: course(perRound, 'auc'),
      points: points('auc'),
      ...best('auc'),
    },
    { title: 'Joint KS per round', description: course(perRound, 'ks'), points: points('ks'), ...best('ks') },
  ].filter((chart) => chart.points.some(({ value }) => value !== null));
}

function course(rounds: readonly RoundReport[], pick: 'trainLoss' | 'auc' | 'ks'): string {
  const known = rounds.filter((round) => round[pick] !== null);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return 'not released';
  return `from ${score(first[pick])} in round ${first.round} to ${score(last[pick])} in round ${last.round}`;
}

function ownRowsTable({ onOwnRows }: JobReport): Markup {
  return table(
    'Solo and joint model where it matters to the participant',
    [
      { title: 'Participant', cell: ([name]) => name },
      { title: 'Test rows', numeric: true, cell: ([, own]) => own.rows.toLocaleString('en') },
      { title: 'Solo AUC', numeric: true, cell: ([, own]) => score(own.solo.auc) },
      { title: 'Joint AUC', numeric: true, cell: ([, own]) => score(own.joint.auc) },
      { title: 'Difference', numeric: true, cell: ([, own]) => signed(own.joint.auc - own.solo.auc) },
      { title: 'Solo KS', numeric: true, cell: ([, own]) => score(own.solo.ks) },
      { title: 'Joint KS', numeric: true, cell: ([, own]) => score(own.joint.ks) },
      { title: 'Difference', numeric: true, cell: ([, own]) => signed(own.joint.ks - own.solo.ks) },
    ],
    Object.entries(onOwnRows),
  );
}

function protection({ encryption, bytesUp }: JobReport): Markup {
  const { scheme, n, logQ, t, keyHolders, others } = encryption;
  const exceptions = others.map(({ purpose, parameters }) => `; for ${purpose} ${parameters}`).join('');
  return html`<dl>
<dt>Encrypted</dt><dd>every vector that left a participant: common statistics, model updates, score histograms (${bytes(sum(Object.values(bytesUp)))} in all)</dd>
<dt>Scheme</dt><dd>${scheme} over vectors that carry pairwise masks and a self mask, fresh for every sum</dd>
<dt>Parameters</dt><dd>ring dimension N = ${n}, ciphertext modulus ${logQ} bits, plaintext modulus t = ${t}${exceptions}</dd>
<dt>Key holders</dt><dd>${list(keyHolders)}; what they could decrypt is the masked vector of one participant or the sum of all, and they hold no other's masks</dd>
<dt>Coordinator</dt><dd>held no key; it added ciphertexts</dd>
</dl>`;
}

function costTable(job: JobReport, participants: readonly string[]): Markup {
  const steps = [...new Set(Object.values(job.stepSeconds).flatMap((spent) => Object.keys(spent)))];
  return table(
    'Per participant, over the whole job',
    [
      { title: 'Participant', cell: (name: string) => name },
      ...steps.map((step) => ({
        title: step,
        numeric: true,
        cell: (name: string) => {
          const spent = job.stepSeconds[name]?.[step];
          return spent === undefined ? dash : seconds(spent);
        },
      })),
      { title: 'Bytes up', numeric: true, cell: (name: string) => bytes(job.bytesUp[name] ?? 0) },
      { title: 'Bytes down', numeric: true, cell: (name: string) => bytes(job.bytesDown[name] ?? 0) },
    ],
    participants,
  );
}

function roundTable(rounds: readonly RoundReport[]): Markup {
  return table(
    'Metrics of the model after each round, and whether its secure sum was verified by every participant',
    [
      { title: 'Round', cell: ({ round }: RoundReport) => round },
      { title: 'AUC', numeric: true, cell: ({ auc }) => score(auc) },
      { title: 'KS', numeric: true, cell: ({ ks }) => score(ks) },
      { title: 'Training loss', numeric: true, cell: ({ trainLoss }) => score(trainLoss) },
      { title: 'Time', numeric: true, cell: (round) => seconds(round.seconds) },
      { title: 'Verification', cell: ({ verification }) => verification },
    ],
    rounds,
  );
}

function fingerprints({ modelFingerprints }: JobReport): Markup {
  const entries = Object.entries(modelFingerprints);
  const alike = new Set(entries.map(([, value]) => value)).size === 1;
  return html`<p>${alike ? 'All participants ended with the same model, bit for bit' : 'The participants report different models'}. Shown is the SHA-256 of features, preprocessing and weights as each one holds them; the coordinator saw only fingerprints under a key it does not have.</p>
<dl>${entries.map(([name, value]) => html`<dt>${name}</dt><dd><code>${value}</code></dd>`)}</dl>`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

import { jobSpec, stepsOf, type VerticalSpec } from '../../../contract/index.js';
import type { VerticalResult } from '../../../participant/vertical/index.js';
import type { FaultCase, StepPoint } from './fault-cases.js';
import { FaultStage } from './fault-stage.js';
import type { Sight } from './sight.js';
import { bank, copyDataset, hub } from './vertical-homes.js';
import { VerticalProcesses } from './vertical-processes.js';
import { pairParts, trainingSpec } from './vertical-specs.js';

/** The iteration in which faults of the fit happen. */
const roundOf: Partial<Record<StepPoint, number>> = { terms: 1, products: 1, openings: 1 };

/** A coordinator, a bank and a platform in a vertical job; the bank has a clock of its own. */
export class StepStage extends FaultStage {
  readonly coordinators = [hub];
  #jobs = 0;

  private constructor(readonly federation: VerticalProcesses) {
    super(federation);
  }

  static async open(): Promise<StepStage> {
    const federation = await VerticalProcesses.furnish();
    const stage = new StepStage(federation);
    stage.withOwnClocks(bank);
    await stage.withLines(federation.address);
    await federation.bringUp(...federation.names);
    return stage;
  }

  /** Each time on labels of another name, which have a budget of their own: nothing is answered from an older job. */
  submit(): Promise<Sight> {
    const dataset = `loans-${this.#jobs++}`;
    copyDataset(this.federation.home(bank), dataset);
    const parties = { ...pairParts, [bank]: { ...pairParts[bank], dataset } };
    return this.federation.submit(trainingSpec({ parties, training: { iterations: 2 } }));
  }

  /** A participant that owes something in the step has written down what; one that owes nothing knows of the step. */
  reached(at: FaultCase['at'], name: string, job: Sight): boolean {
    const round = roundOf[at as StepPoint] ?? 0;
    const opened = job.of('stepOpened').find((event) => event.name === at && event.round === round);
    if (opened === undefined || name === hub) return opened !== undefined;
    const spec = jobSpec.parse(JSON.parse(job.of('submitted')[0]!.specJson)) as VerticalSpec;
    const { parcels, reports } = stepsOf(spec)[opened.step]!;
    const owes = parcels.some(({ from }) => from === name) || reports.some((each) => each === name);
    const noted = 'select 1 from step where job_id = ? and step = ?';
    return !owes || job.rows(name, noted, job.jobId, opened.step).length > 0;
  }

  modelOf(job: Sight): (string | number)[] {
    const { evaluation } = job.result(bank) as unknown as VerticalResult;
    const { auc, ks } = evaluation!.joint.metrics;
    return [auc, ks];
  }

  spent(job: Sight): string {
    const labels = 'select kind, functionals from label_release where job_id = ? order by kind, functionals';
    const alignments = 'select count(*) as n from alignment_session where job_id = ?';
    return JSON.stringify([
      job.rows(bank, labels, job.jobId),
      ...this.names.map((name) => job.rows(name, alignments, job.jobId)),
    ]);
  }
}

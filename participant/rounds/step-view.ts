import {
  CodedError,
  type ParticipantName,
  type PostOf,
  type Route,
  type Step,
} from '../../contract/index.js';

/** One step of a vertical job as its transcript shows it: open, then complete. */
export class StepView {
  readonly step: Step;
  /** By route. */
  readonly #parcels = new Map<string, PostOf<'parcel'>>();
  readonly reports = new Map<ParticipantName, PostOf<'report'>>();

  constructor(step: Step) {
    this.step = step;
  }

  parcel(route: Route): PostOf<'parcel'> | undefined {
    return this.#parcels.get(nameOf(route));
  }

  /** Every parcel and every report of the step stands in the transcript. */
  get complete(): boolean {
    return this.#parcels.size === this.step.parcels.length && this.reports.size === this.step.reports.length;
  }

  /** True while a participant owes a parcel or a report here. */
  owedBy(name: ParticipantName): boolean {
    const { parcels, reports } = this.step;
    return (
      parcels.some((route) => route.from === name && this.parcel(route) === undefined) ||
      (reports.includes(name) && !this.reports.has(name))
    );
  }

  /** @throws {CodedError} MESSAGE_UNEXPECTED naming a sender that owes no such thing. */
  record(sender: ParticipantName, body: PostOf<'parcel' | 'report'>): void {
    const { step } = this;
    if (body.kind === 'report') {
      if (!step.reports.includes(sender)) this.#refuse(sender, `a report in step ${step.number}`);
      if (body.last === true && step.name !== 'tree') this.#refuse(sender, 'the end of trees');
      this.reports.set(sender, body);
      return;
    }
    const route = step.parcels.find(({ from, to }) => from === sender && to === body.to);
    if (route === undefined) this.#refuse(sender, `a parcel to ${body.to} in step ${step.number}`);
    this.#parcels.set(nameOf(route), body);
  }

  #refuse(sender: ParticipantName, what: string): never {
    throw new CodedError('MESSAGE_UNEXPECTED', `${sender} sent ${what}, which it does not owe`, {
      parties: [sender],
    });
  }
}

function nameOf({ from, to }: Route): string {
  return `${from} ${to}`;
}

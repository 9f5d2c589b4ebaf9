import { describe, expect, it } from 'vitest';
import { VerticalPlay } from './vertical-play.js';

const boosting = { type: 'boosting', trees: { count: 4, depth: 1 } };
const play = () => new VerticalPlay(['bank-a', 'platform-b'], boosting).joined().signed();
const place = (of: VerticalPlay, name: string, round: number) =>
  of.steps.find((step) => step.name === name && step.round === round)!.number;

describe('trees that end early', () => {
  it('are followed by the close, once the label holder said so', () => {
    const shown = play();
    const second = place(shown, 'tree', 2);
    shown.through(second - 1).opened(second);
    shown.say('bank-a', shown.report(second, { last: true }));
    const close = place(shown, 'close', 0);
    shown.opened(close).fulfilled(close);
    expect(shown.transcript().stepping.current?.step.name).toBe('close');
  });

  it('are not ended by the coordinator', () => {
    const shown = play();
    const second = place(shown, 'tree', 2);
    shown.through(second).opened(place(shown, 'close', 0));
    expect(() => shown.transcript()).toThrow(expect.objectContaining({ code: 'STEP_OUT_OF_ORDER' }));
  });

  it('are not gone on with after the last', () => {
    const shown = play();
    const second = place(shown, 'tree', 2);
    shown.through(second - 1).opened(second);
    shown.say('bank-a', shown.report(second, { last: true }));
    shown.opened(second + 1);
    expect(() => shown.transcript()).toThrow(expect.objectContaining({ code: 'STEP_OUT_OF_ORDER' }));
  });
});

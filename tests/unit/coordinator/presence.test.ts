import { expect, it } from 'vitest';
import { Presence } from '../../../coordinator/jobs/index.js';

it.each(['', 'no JSON', '[]', '{"connected":[7]}'])(
  'an announcement that is not understood (%j) says nothing and hides nobody',
  (text) => {
    const there = new Presence();
    there.connect('bank-a');
    const here = new Presence();
    here.heard([
      { replica: 'foreign', text },
      { replica: 'hub-b', text: there.announcement() },
    ]);
    expect(here.replicaOf('bank-a')).toBe('hub-b');
  },
);

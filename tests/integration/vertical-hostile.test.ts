import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ParticipantName, type PostBody, postDigest, postToWire } from '../../contract/index.js';
import { homeCredentials } from '../../participant/main.js';
import { everyTest } from '../support/every-test.js';
import { RudeClient } from '../support/hostile-client.js';
import { VerticalFederation } from './support/vertical-federation.js';
import { bank, platform } from './support/vertical-homes.js';
import { Liar, type Misbehaviour } from './support/vertical-liar.js';
import { refusalIn, variantOf } from './support/vertical-refusal.js';
import { binningSpec, trainingSpec } from './support/vertical-specs.js';

const hangMs = 120_000;

let federation: VerticalFederation;
/** The platform's work. */
let liar: Liar;

beforeAll(async () => {
  federation = await VerticalFederation.start({
    workOf: (name, journalOf) => {
      const work = new Liar(journalOf);
      if (name === platform) liar = work;
      return work.pool;
    },
  });
}, hangMs);
afterAll(() => federation?.close());

describe('a platform that sends what it should not', () => {
  const flipped = (bytes: Buffer) => {
    bytes[bytes.length >> 1]! ^= 1;
    return bytes;
  };
  const cut = (bytes: Buffer) => bytes.subarray(0, bytes.length - 1);
  const longer = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(32)]);

  const bent: readonly [string, Misbehaviour, string][] = [
    ['a sealed parcel with one bit flipped', { step: 'blind', sealed: flipped }, 'PARCEL_MALFORMED'],
    [
      'blinded ids of no point',
      { step: 'blind', inside: (bytes) => Buffer.alloc(bytes.length) },
      'PSI_POINT_INVALID',
    ],
    ['other ids than it pledged', { step: 'double', inside: flipped }, 'PARCEL_MALFORMED'],
    ['counts cut off', { step: 'counts', inside: cut }, 'PARCEL_MALFORMED'],
  ];
  // Without a federation around them: tests/unit/sealing and tests/unit/vertical/hostile-parcels.
  const furtherBent: readonly [string, Misbehaviour, string][] = [
    ['a sealed parcel without its end', { step: 'blind', sealed: cut }, 'PARCEL_MALFORMED'],
    ['blinded ids cut within one', { step: 'blind', inside: cut }, 'PARCEL_MALFORMED'],
  ];
  test.each(everyTest ? [...bent, ...furtherBent] : bent)('%s', async (_, how, code) => {
    // Counts to a question that was answered before are not opened.
    const fresh = how.step === 'counts' ? variantOf(federation, bank, 'fresh') : {};
    liar.misbehaviour = how;
    expect(await refusalIn(federation, binningSpec(fresh))).toMatchObject({ code, parties: [platform] });
  });

  test.each<[string, Misbehaviour]>([
    ['gradients that go on behind their end', { step: 'products', inside: longer }],
    [
      'score parts of another number',
      { step: 'parts', inside: (bytes) => bytes.subarray(0, bytes.length - 4) },
    ],
  ])('%s', async (_, how) => {
    liar.misbehaviour = how;
    const refusal = await refusalIn(federation, trainingSpec({ training: { iterations: 1 } }));
    expect(refusal.code).toMatch(/^(PARCEL|CIPHERTEXT)_MALFORMED$/);
    expect(refusal.parties).toEqual([platform]);
  });

  test(
    'parcels on routes and in steps that are not its own: refused, and the job goes on',
    async () => {
      const credentials = await homeCredentials({ home: federation.home(platform) });
      const rude = new RudeClient(credentials.address, credentials.channel);
      const refusals: string[] = [];
      const spec = binningSpec();
      liar.misbehaviour = {
        step: 'pledge',
        before: async () => {
          const [job] = federation.journal(platform).jobs().slice(-1);
          const { jobId } = job!;
          const events = federation.journal(platform).events(jobId);
          const fixed = events.map(({ body }) => body).find((body) => body.kind === 'rosterFixed');
          const said = async (body: Partial<PostBody>) => {
            const whole = {
              kind: 'parcel',
              digest: 'a'.repeat(64),
              bytes: 100,
              timings: [],
              ...body,
            } as PostBody;
            const rosterDigest = fixed!.kind === 'rosterFixed' ? fixed!.rosterDigest : ('' as never);
            const unsigned = { sender: platform as ParticipantName, rosterDigest, body: whole };
            const signature = credentials.participant!.signer.sign(postDigest(jobId, unsigned));
            const refused = await rude.post({ jobId, post: postToWire({ ...unsigned, signature }) });
            refusals.push(refused?.code ?? 'accepted');
          };
          const to = bank as ParticipantName;
          // To itself; in a step that is over; in one that is not open; without having uploaded it; a report here.
          await said({ kind: 'parcel', step: 2, to: platform as ParticipantName });
          await said({ kind: 'parcel', step: 0, to });
          await said({ kind: 'parcel', step: 6, to });
          await said({ kind: 'parcel', step: 2, to });
          await said({ kind: 'parcel', step: 2, to: 'platform-y' as ParticipantName });
          const place = { jobId, sum: 2, digest: 'a'.repeat(64), bytes: 3, offset: 0 };
          for (const receiver of [platform, 'platform-y', '']) {
            const header = { ...place, to: receiver };
            const refused = await rude.upload([
              { body: 'header', header },
              { body: 'chunk', chunk: Buffer.from('abc') },
            ]);
            refusals.push(refused?.code ?? 'accepted');
          }
        },
      };
      const jobId = await federation.finished(spec).finally(() => rude.close());
      expect(refusals).toEqual([
        'MESSAGE_UNEXPECTED',
        'MESSAGE_CONFLICT',
        'MESSAGE_UNEXPECTED',
        'UPLOAD_MISSING',
        ...Array.from({ length: 4 }, () => 'MESSAGE_UNEXPECTED'),
      ]);
      expect(await federation.shown(jobId)).toMatchObject({ state: 'finished' });
    },
    hangMs,
  );
});

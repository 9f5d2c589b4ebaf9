import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { coordinatorServerName, privateKeyPem, readClientHome } from '../../../crypto/identity/index.js';
import { unaryCall } from '../../../participant/identity/index.js';
import { homeKeys } from '../../../participant/keystore/index.js';
import { codedAsync } from '../../support/coded.js';
import { Served } from './support/served.js';
import { openSession } from './support/session.js';

/** Connections that one certificate may have open, and those above it that are told so. */
const [most, told] = [32, 32];

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served.close());

/** Bare connections with the certificate of somebody, on which nobody makes a call. */
async function connections(name: string, count: number): Promise<ClientHttp2Session[]> {
  const { certificatePem, authorityPem, secrets, config } = await readClientHome(join(served.folder, name));
  const key = privateKeyPem(homeKeys(secrets, config.role).tlsKey);
  const tls = { ca: authorityPem, cert: certificatePem, key, servername: coordinatorServerName };
  const made = Array.from({ length: count }, () => {
    const each = connect(`https://${served.address}`, tls);
    each.on('error', () => undefined);
    return each;
  });
  onTestFinished(() => {
    for (const each of made) each.destroy();
  });
  // The coordinator's settings come once it has taken the connection up.
  await Promise.all(made.map((each) => Promise.race([once(each, 'remoteSettings'), once(each, 'close')])));
  return made;
}

const parties = (name: string) => {
  const { jobs } = served.member(name);
  return codedAsync(unaryCall((...rest) => jobs.listParties({}, ...rest)));
};
const open = (made: readonly ClientHttp2Session[]) => made.filter((each) => !each.closed && !each.destroyed);

describe('connections of one certificate', () => {
  it('are bounded: a call on one too many is told so, others are not, and room comes back', async () => {
    const held = await connections('ana', most);
    expect(open(held)).toHaveLength(most);
    expect(await parties('ana')).toBe('RATE_LIMITED');
    expect(await parties('eve')).toBe('no error');
    for (const each of held) each.destroy();
    // Its own connection was one too many, and is closed; the next one is not.
    await expect.poll(() => parties('ana'), { timeout: 20_000 }).toBe('no error');
  }, 60_000);

  it('are closed when they are too many, those with calls under way are not', async () => {
    const stream = openSession(served, 'bank-b');
    await stream.greeted;
    const made = await connections('bank-b', most - 1 + told + 5);
    await expect.poll(() => open(made).length, { timeout: 20_000 }).toBe(most - 1);
    const { node } = served.member('bank-b');
    expect(await codedAsync(unaryCall((...rest) => node.listCards({}, ...rest)))).toBe('no error');
    stream.end();
    expect(await stream.over).toBe('OK');
  }, 60_000);
});

import { describe, expect, it } from 'vitest';
import { refuseOtherMachines } from '../../../participant/loopback.js';

const dialling = (address: string, otherAddresses: readonly string[] = []) =>
  refuseOtherMachines({ address, otherAddresses } as never);

describe('a node for jobs without encryption', () => {
  it.each(['localhost:4433', '127.0.0.1:4433', '127.8.9.1:1', '[::1]:4433'])('dials %s', (address) => {
    expect(() => dialling(address)).not.toThrow();
  });

  it.each([
    ...[
      'hub.example:4433',
      'localhost.example:4433',
      '10.0.0.1:4433',
      '128.0.0.1:4433',
      '[2001:db8::1]:4433',
    ],
    ...['0.0.0.0:4433', '[::]:4433', '127.0.0.1.example:4433', ''],
  ])('does not dial "%s"', (address) => {
    const refused = expect.objectContaining({ code: 'PLAINTEXT_REFUSED' });
    expect(() => dialling(address)).toThrow(refused);
    expect(() => dialling('localhost:4433', [address])).toThrow(refused);
  });
});

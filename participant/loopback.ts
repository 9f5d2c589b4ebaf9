import { BlockList, isIP } from 'node:net';
import { CodedError } from '../contract/index.js';
import type { Dial } from './identity/index.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * For nodes that take part in jobs without encryption.
 * @throws {CodedError} PLAINTEXT_REFUSED unless every address is a loopback one; of names only localhost is.
 */
export function refuseOtherMachines({ address, otherAddresses = [] }: Dial): void {
  const other = [address, ...otherAddresses].find((one) => !isLoopback(one));
  if (other === undefined) return;
  throw new CodedError('PLAINTEXT_REFUSED', `${other} is not on this machine`);
}

function isLoopback(address: string): boolean {
  const host = address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  const family = isIP(host);
  return family === 0 ? host === 'localhost' : loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

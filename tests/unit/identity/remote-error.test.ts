import type { ServiceError } from '@grpc/grpc-js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CodedError, type ErrorCode, errorCatalogue, remoteError } from '../../../contract/index.js';
import { toServiceError } from '../../../coordinator/rpc/status.js';

const codes = Object.keys(errorCatalogue) as ErrorCode[];
const sent = (error: CodedError) => remoteError(toServiceError(error) as ServiceError);

test.each(codes)('%s arrives as it was raised, with the parties it names', (code) => {
  const raised = new CodedError(code, 'bank-a did it, 银行', { parties: ['bank-a', 'platform-x'] });
  const { code: arrived, parties, message } = sent(raised);
  expect({ arrived, parties }).toEqual({ arrived: code, parties: ['bank-a', 'platform-x'] });
  expect(message).toBe(code === 'INTERNAL' ? errorCatalogue.INTERNAL.meaning : raised.message);
});

test('a hostile server cannot invent codes, forge lines or flood the caller', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.string(),
      fc.nat({ max: 20 }),
      (code, parties, details, status) => {
        const metadata = { get: (key: string) => [key === 'fedrisk-code' ? code : parties] };
        const error = remoteError({ code: status, details: details.repeat(20), metadata });
        expect(codes).toContain(error.code);
        expect(error.message.length).toBeLessThanOrEqual(500);
        expect(error.message).not.toMatch(/\p{Cc}/u);
        for (const name of error.parties) expect(name).toMatch(/^[a-z][a-z0-9-]+$/);
      },
    ),
  );
});

test('failures that never reached a handler get a code too', () => {
  const codeOf = (code: number) => remoteError({ code, details: '' }).code;
  expect([14, 4, 8, 12, 13].map(codeOf)).toEqual([
    'COORDINATOR_UNREACHABLE',
    'COORDINATOR_UNREACHABLE',
    'MESSAGE_TOO_LARGE',
    'MESSAGE_UNEXPECTED',
    'INTERNAL',
  ]);
});

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CodedError } from '../contract/index.js';
import type { Metrics } from './metrics.js';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Where nothing else is said, only this machine reaches the metrics: they are not authenticated. */
const loopback = '127.0.0.1';
const requestMs = 10_000;
/** Scrapes come one after the other; whoever opens more connections is turned away. */
const mostConnections = 16;

/**
 * `9464` or `127.0.0.1:9464` or `[::1]:9464`; port 0 takes a free one.
 * @throws {CodedError} CONFIG_INVALID naming the option.
 */
export function parseEndpoint(option: string, text: string): Endpoint {
  const match = /^(?:(\[[0-9a-f:.]+\]|[a-z0-9.-]+):)?(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  if (!match || port > 65_535) {
    throw new CodedError('CONFIG_INVALID', `${option}: "${text}" is neither PORT nor HOST:PORT`);
  }
  return { host: (match[1] ?? loopback).replaceAll(/^\[|\]$/g, ''), port };
}

/** host:port; IPv6 hosts stand in brackets. */
export function spokenEndpoint({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Serves GET /metrics. @throws {CodedError} CONFIG_INVALID when the address is taken or not ours. */
export async function serveMetrics(metrics: Metrics, at: Endpoint): Promise<Endpoint & { close(): void }> {
  const server = createServer((request, response) => {
    answer(metrics, request, response).catch(() => response.destroy());
  });
  server.requestTimeout = requestMs;
  server.headersTimeout = requestMs;
  server.maxConnections = mostConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new CodedError('CONFIG_INVALID', `metrics: cannot listen on ${at.host}:${at.port}`, { cause })),
    );
    server.listen(at.port, at.host, resolve);
  });
  server.unref();
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { host: at.host, port: (server.address() as AddressInfo).port, close };
}

async function answer(metrics: Metrics, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url?.split('?')[0];
  if (path !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
    response.writeHead(path === '/metrics' ? 405 : 404).end();
    return;
  }
  const page = await metrics.page();
  response.writeHead(200, { 'content-type': metrics.contentType }).end(request.method === 'HEAD' ? '' : page);
}

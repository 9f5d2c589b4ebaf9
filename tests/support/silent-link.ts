import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server of this machine on which answers can stay away without either end being told, as over a cut cable. */
export interface SilentLink {
  /** The server's URL by this way. */
  readonly url: string;
  /** Holds answers back on the next connection that carries `text` to the server, once it has. */
  silenceAfter(text: string): Promise<void>;
  /** Holds answers back on all connections there are; later ones are not concerned. */
  silence(): void;
  /** Lets through what was held back. */
  heal(): void;
  close(): void;
}

export async function silentLinkTo(url: string): Promise<SilentLink> {
  const { hostname, port } = new URL(url);
  const servers = new Set<Socket>();
  const clients = new Set<Socket>();
  let awaited: { readonly text: string; readonly done: () => void } | undefined;
  const link = createServer((client) => {
    const server = connect(Number(port), hostname);
    servers.add(server);
    clients.add(client);
    client.on('data', (data) => {
      if (awaited && data.includes(awaited.text)) {
        server.pause();
        awaited.done();
        awaited = undefined;
      }
      server.write(data);
    });
    server.on('data', (data) => client.write(data));
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => one.destroy());
      one.on('close', () => {
        other.destroy();
        servers.delete(server);
        clients.delete(client);
      });
    }
  });
  await new Promise<void>((listening) => link.listen(0, '127.0.0.1', listening));
  const own = new URL(url);
  own.port = String((link.address() as AddressInfo).port);
  return {
    url: own.href,
    silenceAfter: (text) =>
      new Promise((done) => {
        awaited = { text, done };
      }),
    silence: () => {
      for (const server of servers) server.pause();
    },
    heal: () => {
      for (const server of servers) server.resume();
    },
    close: () => {
      link.close();
      for (const socket of [...clients, ...servers]) socket.destroy();
    },
  };
}

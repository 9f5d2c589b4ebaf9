import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy on loopback that holds every chunk back for a while, each way; order is kept when the delay changes. */
export class DelayProxy {
  /** Milliseconds, one way. */
  delayMs = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: number) {
    this.#server = createServer((near) => {
      const far = connect(target, '127.0.0.1');
      this.#forward(near, far);
      this.#forward(far, near);
    });
  }

  static async open(port: number, target: number): Promise<DelayProxy> {
    const proxy = new DelayProxy(target);
    proxy.#server.listen(port, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #forward(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    const held: { readonly chunk: Buffer; readonly dueMs: number }[] = [];
    let waiting = false;
    const drain = () => {
      while (held[0] !== undefined && held[0].dueMs <= performance.now()) to.write(held.shift()!.chunk);
      const [next] = held;
      waiting = next !== undefined;
      if (next !== undefined) setTimeout(drain, Math.max(1, next.dueMs - performance.now()));
    };
    from.on('data', (chunk: Buffer) => {
      if (this.delayMs === 0 && held.length === 0) {
        to.write(chunk);
        return;
      }
      held.push({ chunk, dueMs: performance.now() + this.delayMs });
      if (!waiting) setTimeout(drain, this.delayMs);
      waiting = true;
    });
    const end = () => {
      this.#sockets.delete(from);
      to.destroy();
    };
    from.on('close', end);
    from.on('error', end);
  }
}

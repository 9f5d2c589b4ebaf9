import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** `up` is from who dialled. */
export type Direction = 'up' | 'down';
/** Bytes on their way in one direction; behind this no more are taken from the sender. */
const roomBytes = 1024 * 1024;

interface Piece {
  readonly chunk: Buffer;
  readonly dueMs: number;
}

/**
 * A TCP proxy on loopback whose line can be bad. As on a real line, bytes keep their order within a connection and none
 * is lost while the connection lives: what does not pass now passes later, or the connection breaks. Settings act on
 * open connections at once.
 */
export class FaultProxy {
  /** Milliseconds, one way; each piece is held for this long, give or take the jitter. */
  delayMs = 0;
  jitterMs = 0;
  /** In each direction of a connection. */
  bytesPerSecond = Number.POSITIVE_INFINITY;
  /** Port on loopback where new connections lead. */
  target: number;
  #refuses = false;
  readonly #held = new Set<Direction>();
  readonly #server: Server;
  readonly #lines = new Set<Line>();
  #tripwire: { readonly direction: Direction; bytes: number; readonly tripped: () => void } | undefined;

  private constructor(target: number) {
    this.target = target;
    this.#server = createServer((near) => {
      if (this.#refuses) return void near.resetAndDestroy();
      const line = new Line(this, near, connect(this.target, '127.0.0.1'));
      this.#lines.add(line);
      line.closed.then(() => this.#lines.delete(line));
    });
  }

  /** @param port 0 for any that is free. */
  static async open(port: number, target: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    proxy.#server.listen(port, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks every connection and refuses new ones until `mend`. */
  cut(): void {
    this.#refuses = true;
    this.reset();
  }

  /** Black hole: nothing passes in these directions until `mend`, and nobody is told. */
  hold(...directions: readonly Direction[]): void {
    for (const direction of directions) this.#held.add(direction);
  }

  /** Lets everything pass again; what was held comes first, as sent again by TCP. */
  mend(): void {
    this.#refuses = false;
    this.#held.clear();
    this.#tripwire = undefined;
    for (const line of this.#lines) line.pump();
  }

  /** Breaks every connection at both ends; what was held in them is lost. */
  reset(): void {
    for (const line of this.#lines) line.reset();
  }

  /** Breaks every connection at one end only: the other one goes on in good faith. */
  halfClose(end: 'near' | 'far'): void {
    for (const line of this.#lines) line.halfClose(end);
  }

  /** Breaks the connection over which this many more bytes have passed in a direction, in the middle of them. */
  resetAfter(direction: Direction, bytes: number): Promise<void> {
    return new Promise((tripped) => {
      this.#tripwire = { direction, bytes, tripped };
    });
  }

  close(): void {
    this.#server.close();
    this.reset();
  }

  isHeld(direction: Direction): boolean {
    return this.#held.has(direction);
  }

  /** How many of these bytes may pass before a connection breaks; undefined for all. */
  passable(direction: Direction, bytes: number): number | undefined {
    const wire = this.#tripwire;
    if (wire?.direction !== direction) return undefined;
    if (wire.bytes > bytes) {
      wire.bytes -= bytes;
      return undefined;
    }
    this.#tripwire = undefined;
    wire.tripped();
    return wire.bytes;
  }
}

/** One connection, from who dialled (near) to the target (far). */
class Line {
  readonly closed: Promise<unknown>;
  readonly #ways: readonly Way[];

  constructor(
    proxy: FaultProxy,
    readonly near: Socket,
    readonly far: Socket,
  ) {
    const broken = () => this.reset();
    this.#ways = [new Way(proxy, 'up', near, far, broken), new Way(proxy, 'down', far, near, broken)];
    this.closed = Promise.all([near, far].map((socket) => new Promise((done) => socket.once('close', done))));
  }

  pump(): void {
    for (const way of this.#ways) way.pump();
  }

  reset(): void {
    for (const socket of [this.near, this.far]) if (!socket.destroyed) socket.resetAndDestroy();
  }

  halfClose(end: 'near' | 'far'): void {
    for (const way of this.#ways) way.forget();
    this[end].resetAndDestroy();
  }
}

/** One direction of a connection. */
class Way {
  readonly #pieces: Piece[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #nextMs = 0;
  #forgotten = false;

  constructor(
    private readonly proxy: FaultProxy,
    private readonly direction: Direction,
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly broken: () => void,
  ) {
    from.setNoDelay(true);
    from.on('data', (chunk: Buffer) => this.#take(chunk));
    to.on('drain', () => this.pump());
    from.on('error', () => undefined);
    from.on('close', () => {
      clearTimeout(this.#timer);
      if (!this.#forgotten) this.broken();
    });
  }

  /** The other end is gone and this one shall not know: what it says goes nowhere. */
  forget(): void {
    this.#forgotten = true;
    this.#pieces.length = 0;
  }

  #take(chunk: Buffer): void {
    if (this.#forgotten) return;
    const { delayMs, jitterMs, bytesPerSecond } = this.proxy;
    const now = performance.now();
    const heldMs = Math.max(0, delayMs + (2 * Math.random() - 1) * jitterMs);
    // A piece behind another leaves no earlier than it.
    const dueMs = Math.max(now + heldMs, this.#nextMs);
    this.#nextMs = dueMs + (chunk.length / bytesPerSecond) * 1000;
    this.#pieces.push({ chunk, dueMs });
    this.#bytes += chunk.length;
    if (this.#bytes > roomBytes) this.from.pause();
    this.pump();
  }

  /** Passes on what is due. */
  pump(): void {
    clearTimeout(this.#timer);
    if (this.proxy.isHeld(this.direction)) return;
    for (let next = this.#pieces[0]; next !== undefined && !this.to.destroyed; next = this.#pieces[0]) {
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.pump(), Math.ceil(waitMs));
        return;
      }
      if (this.to.writableNeedDrain) return;
      this.#pieces.shift();
      this.#bytes -= next.chunk.length;
      const passable = this.proxy.passable(this.direction, next.chunk.length);
      if (passable !== undefined) {
        this.to.write(next.chunk.subarray(0, passable), () => this.broken());
        return;
      }
      this.to.write(next.chunk);
    }
    if (this.#bytes <= roomBytes) this.from.resume();
  }
}

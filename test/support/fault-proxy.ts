import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** `up` is towards the target (what sbench says), `down` is what the target answers. */
export type Direction = 'up' | 'down';
/** A reset is seen at once; a FIN looks like a polite end of file. */
export type CutKind = 'rst' | 'fin';

/**
 * A TCP proxy that breaks connections on purpose, to stand between sbench and a server. What flows may be
 * encrypted, so it knows bytes and moments only: a test that wants "after the command" waits for the command's
 * effect and then acts.
 */
export class FaultProxy {
  readonly bytes = { up: 0, down: 0 };
  port = 0;
  readonly #target: { host: string; port: number };
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #watchers = new Set<() => void>();
  #accepted = 0;
  #trap: Trap | undefined;
  #stalled = false;
  #isDown = false;

  static async listen(options: {
    target: { host: string; port: number };
    host?: string;
    port?: number;
  }): Promise<FaultProxy> {
    const proxy = new FaultProxy(options.target);
    await proxy.#listen(options.port ?? 0, options.host ?? '127.0.0.1');
    return proxy;
  }

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  /** Connections open now; `accepted` counts all there ever were. */
  get connections(): number {
    return this.#links.size;
  }

  get accepted(): number {
    return this.#accepted;
  }

  /** Lets exactly this many more bytes through in one direction, all connections together, then cuts them all. */
  cutAfterBytes(options: { direction: Direction; bytes: number; kind?: CutKind }): void {
    this.#trap = { direction: options.direction, left: options.bytes, kind: options.kind ?? 'rst' };
  }

  /** Holds everything back, in both directions and for new connections, until `resume`. Nothing is lost. */
  stall(): void {
    this.#stalled = true;
    for (const link of this.#links) link.pause();
  }

  resume(): void {
    this.#stalled = false;
    for (const link of this.#links) link.resume();
  }

  /** Cuts all connections now. */
  cut(kind: CutKind = 'rst'): void {
    for (const link of [...this.#links]) link.cut(kind);
  }

  /** From now on the open connections swallow everything and never say so, like a router that forgot them. */
  halfOpen(): void {
    for (const link of this.#links) link.swallow = { up: true, down: true };
  }

  /**
   * Loses the answers: drops everything downstream from now on, and cuts once nothing went upstream for
   * `idleMs`. What sbench has said by then has arrived. Resolves when it is cut.
   */
  async blackholeDown(options: { idleMs?: number; kind?: CutKind } = {}): Promise<void> {
    const links = [...this.#links];
    for (const link of links) link.swallow.down = true;
    let before = -1;
    while (before !== this.bytes.up) {
      before = this.bytes.up;
      await new Promise((resolve) => setTimeout(resolve, options.idleMs ?? 100));
    }
    for (const link of links) link.cut(options.kind ?? 'rst');
  }

  /** Refuses new connections (as a host that is down does) and resets the open ones, until `up`. */
  async down(): Promise<void> {
    const links = [...this.#links];
    this.#isDown = true;
    this.#server.close();
    this.cut();
    await Promise.all([once(this.#server, 'close'), ...links.map((link) => link.gone)]);
  }

  async up(): Promise<void> {
    this.#isDown = false;
    await this.#listen(this.port, '127.0.0.1');
  }

  /** Resolves when so many bytes have passed, counted from the start. */
  async passed(direction: Direction, bytes: number): Promise<void> {
    while (this.bytes[direction] < bytes) {
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.down();
    else this.cut();
  }

  async #listen(port: number, host: string): Promise<void> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address && typeof address === 'object') this.port = address.port;
  }

  #accept(client: Socket): void {
    // It was in the backlog when we went down: kept, it would hold `close` up for ever.
    if (this.#isDown) {
      client.destroy();
      return;
    }
    this.#accepted++;
    const target = connect({ ...this.#target, allowHalfOpen: true, noDelay: true });
    client.setNoDelay(true);
    const link = new Link(client, target, {
      take: (direction, chunk) => this.#take(direction, chunk),
    });
    this.#links.add(link);
    void link.gone.then(() => this.#links.delete(link));
    if (this.#stalled) link.pause();
  }

  /** How much of a chunk may pass, and whether that was the last of it. */
  #take(direction: Direction, chunk: Buffer): { pass: Buffer; afterwards?: () => void } {
    const trap = this.#trap?.direction === direction ? this.#trap : undefined;
    const pass = trap ? chunk.subarray(0, trap.left) : chunk;
    this.bytes[direction] += pass.length;
    for (const watcher of this.#watchers) watcher();
    this.#watchers.clear();
    if (!trap) return { pass };
    trap.left -= pass.length;
    if (trap.left > 0) return { pass };
    this.#trap = undefined;
    return { pass, afterwards: () => this.cut(trap.kind) };
  }
}

interface Trap {
  direction: Direction;
  left: number;
  kind: CutKind;
}

interface LinkOwner {
  take(direction: Direction, chunk: Buffer): { pass: Buffer; afterwards?: () => void };
}

/** One connection: the client's socket and the one to the target. */
class Link {
  swallow = { up: false, down: false };
  readonly gone: Promise<unknown>;
  readonly #client: Socket;
  readonly #target: Socket;
  readonly #owner: LinkOwner;
  #stalled = false;

  constructor(client: Socket, target: Socket, owner: LinkOwner) {
    this.#client = client;
    this.#target = target;
    this.#owner = owner;
    this.gone = Promise.all([closing(client), closing(target)]);
    this.#carry('up', client, target);
    this.#carry('down', target, client);
  }

  pause(): void {
    this.#stalled = true;
    this.#client.pause();
    this.#target.pause();
  }

  resume(): void {
    this.#stalled = false;
    this.#client.resume();
    this.#target.resume();
  }

  cut(kind: CutKind): void {
    for (const socket of [this.#client, this.#target]) {
      socket.removeAllListeners('data');
      if (kind === 'rst') reset(socket);
      else {
        // Reading on keeps the kernel from answering late data with a reset.
        socket.on('end', () => socket.destroy());
        socket.end();
        socket.resume();
      }
    }
  }

  #carry(direction: Direction, from: Socket, to: Socket): void {
    from.on('data', (chunk: Buffer) => {
      if (this.swallow[direction]) return;
      const { pass, afterwards } = this.#owner.take(direction, chunk);
      // A cut waits until what may pass has passed.
      if (afterwards) from.pause();
      if (!to.write(pass, afterwards && (() => afterwards())) && !afterwards) {
        from.pause();
        to.once('drain', () => this.#stalled || from.resume());
      }
    });
    from.on('end', () => {
      if (!this.swallow[direction]) to.end();
    });
    from.on('error', () => {});
    from.on('close', () => {
      // A reset goes through, too, unless this link plays dead.
      if (!this.swallow[direction] && from.errored && !to.destroyed) {
        reset(to);
      }
    });
  }
}

/**
 * A socket that still connects cannot be reset. Neither can one that was ended and has yet to say so on the wire: the
 * system refuses, Node then never says `close`, and whoever waits for it waits for ever.
 */
function reset(socket: Socket): void {
  if (socket.connecting || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}

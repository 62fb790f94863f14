const FREE = 3;
const LONGEST_S = 900;
const FORGOTTEN_MS = 86_400_000;
/** More addresses than this at once are an attack, and the oldest are forgotten first. */
const MOST = 10_000;

/** Makes guessing slow: after three wrong secrets an address waits, each time twice as long, up to 15 minutes. */
export class LoginDelay {
  readonly #known = new Map<string, { failures: number; until: number }>();
  readonly #now: () => number;

  constructor(now: () => number = () => Date.now()) {
    this.#now = now;
  }

  /** Counts a try as failed before it is looked at, so that many at once are many. @returns seconds to wait; 0: go on. */
  begin(address: string): number {
    const key = networkOf(address);
    const now = this.#now();
    const before = this.#known.get(key);
    if (before && before.until > now) return Math.ceil((before.until - now) / 1000);
    const fresh = !before || now - before.until > FORGOTTEN_MS;
    const failures = fresh ? 1 : before.failures + 1;
    const waitS = failures <= FREE ? 0 : Math.min(LONGEST_S, 2 ** (failures - FREE));
    this.#known.delete(key);
    if (this.#known.size >= MOST) this.#known.delete(this.#known.keys().next().value ?? '');
    this.#known.set(key, { failures, until: now + waitS * 1000 });
    return 0;
  }

  succeeded(address: string): void {
    this.#known.delete(networkOf(address));
  }
}

/** Who has an IPv6 network has as many addresses as he likes: the first four groups count. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*/s, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const missing = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(missing).fill('0'), ...right]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

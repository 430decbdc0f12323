// What a gateway remembers of strangers: never more than it was told to, and nothing before its time is up.

/** A map whose entries end by themselves and whose size has a limit. Times are in milliseconds. */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, { value: V; end: number }>();

  constructor(
    readonly capacity: number,
    readonly clock: () => number,
  ) {}

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.end > this.clock() ? entry.value : undefined;
  }

  /** Answers false when there is no room: something that still counts is never forgotten for something new. */
  set(key: string, value: V, end: number): boolean {
    if (this.#entries.size >= this.capacity && !this.#entries.has(key)) this.#sweep();
    if (this.#entries.size >= this.capacity && !this.#entries.has(key)) return false;
    this.#entries.set(key, { value, end });
    return true;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  #sweep(): void {
    const now = this.clock();
    for (const [key, { end }] of this.#entries) if (end <= now) this.#entries.delete(key);
  }
}

const WINDOW = 60_000;

/** So many requests a minute from each address. */
export class RateLimit {
  readonly #windows: ExpiringMap<{ count: number; end: number }>;
  /** Whoever comes when there is no more room shares one window, so that a crowd shuts out itself alone. */
  #crowd = { count: 0, end: 0 };

  constructor(
    readonly perMinute: number,
    addresses: number,
    readonly clock: () => number,
  ) {
    this.#windows = new ExpiringMap(addresses, clock);
  }

  /** Counts a request; answers after how many seconds it may come again, or 0 if it is welcome now. */
  take(address: string): number {
    const now = this.clock();
    const window = this.#windowOf(networkOf(address));
    window.count += 1;
    return window.count <= this.perMinute ? 0 : Math.ceil((window.end - now) / 1000);
  }

  #windowOf(network: string): { count: number; end: number } {
    const window = this.#windows.get(network);
    if (window !== undefined) return window;
    const now = this.clock();
    const opened = { count: 0, end: now + WINDOW };
    if (this.#windows.set(network, opened, opened.end)) return opened;
    if (this.#crowd.end <= now) this.#crowd = opened;
    return this.#crowd;
  }
}

/** A whole /64 is one IPv6 customer: counted by address, he would have 2^64 tries. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const missing =
    tail === undefined ? 0 : 8 - groups.length - tail.split(":").filter(Boolean).length;
  const all = [
    ...groups,
    ...Array<string>(Math.max(0, missing)).fill("0"),
    ...(tail?.split(":") ?? []),
  ];
  return all.slice(0, 4).join(":");
}

/** The targets of single figures, as the report prints them beside the result. */
export interface Target {
  readonly figure: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** The least share of a peer's value in the same run; 4 means four times as fast. */
  readonly against?: { readonly [peer: string]: number };
}

export const targets: readonly Target[] = [
  { figure: 'accept', atLeast: 3_500, against: { 'by-hand': 0.8, naive: 4 } },
  { figure: 'accept, fsync 2 ms slower, to the fast disk', atLeast: 0.8 },
  { figure: 'accept, fsync 10 ms slower, to the fast disk', atLeast: 0.8 },
  { figure: 'rush: refused', atMost: 0 },
  { figure: 'rush: p99', atMost: 2_000 },
  { figure: 'drain', atLeast: 2_500, against: { tuned: 2, naive: 4 } },
  { figure: 'drain with handshakes', atLeast: 1_000 },
  { figure: 'drain with the simulator', atLeast: 500 },
  { figure: 'drain, fsync 2 ms slower, to the fast disk', atLeast: 0.8 },
  { figure: '1,000 jobs of 1 s', atMost: 1.6 },
  { figure: '5,000 jobs of 1 s', atMost: 2.5 },
  { figure: 'pickup p50', atMost: 2 },
  { figure: 'pickup p99', atMost: 8 },
  { figure: 'ready p50', atMost: 400 },
  { figure: 'ready p99', atMost: 1_000 },
  { figure: 'memory of the API', atMost: 190 },
  { figure: 'memory of the worker', atMost: 200 },
  { figure: 'CPU of accept', atMost: 3 },
  { figure: 'CPU of drain', atMost: 4 },
  { figure: 'soak: memory of the API, end to beginning', atMost: 1.1 },
  { figure: 'soak: memory of the worker, end to beginning', atMost: 1.1 },
  { figure: 'soak: memory of Redis, end to beginning', atMost: 1.1 },
  { figure: 'soak: Redis keys, end to beginning', atMost: 1.1 },
  { figure: 'soak: open files, end to beginning', atMost: 1.1 },
  { figure: 'soak: largest WAL', atMost: 64 },
  { figure: 'drain at 10,000 waiting, to 1,000', atLeast: 0.85 },
  { figure: 'drain at 100,000 waiting, to 1,000', atLeast: 0.85 },
  { figure: 'drain at 1,000,000 waiting, to 1,000', atLeast: 0.85 },
  { figure: 'longest block at 100,000 waiting', atMost: 50 },
  { figure: 'longest block at 1,000,000 waiting', atMost: 100 },
];

export function targetOf(figure: string): Target | null {
  return targets.find((target) => target.figure === figure) ?? null;
}

/** `peers`: the median of each peer that ran. */
export function isMet(target: Target, value: number, peers: ReadonlyMap<string, number>): boolean {
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY, against = {} } = target;
  const beats = Object.entries(against).every(([peer, share]) => value >= share * (peers.get(peer) ?? 0));
  return value >= atLeast && value <= atMost && beats;
}

export function describeTarget({ atLeast, atMost, against = {} }: Target): string {
  const bounds = [
    atLeast === undefined ? null : `≥ ${atLeast.toLocaleString('en-US')}`,
    atMost === undefined ? null : `≤ ${atMost.toLocaleString('en-US')}`,
    ...Object.entries(against).map(([peer, share]) => `≥ ${share}× ${peer}`),
  ];
  return bounds.filter((bound) => bound !== null).join(', ');
}

/** BLAKE2s (RFC 7693): the initial state, and the order in which each round takes the 16 words of a block. */
const initial = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);
const rounds = [
  '0123456789abcdef',
  'ea489fd61c02b753',
  'b8c052fdae367194',
  '7931dcbe265a40f8',
  '905724afe1bc683d',
  '2c6a0b834d75fe19',
  'c51fed4a0763928b',
  'db7ec13950f4862a',
  '6fe9b308c2d714a5',
  'a2847615fb9e3cd0',
];
const order = digitsIn(rounds);
/** The words of the four columns and four diagonals of the state. */
const lanes = digitsIn(['048c159d26ae37bf', '05af16bc278d349e']);
const blockBytes = 64;
const keyBytes = 32;
const macBytes = 16;

/** What the MAC of a packet is compared with: BLAKE2s after the block of one key. */
export type KeyedState = Int32Array;

/** `macKey` is `macKeyOf` of the server's public key. */
export function keyedState(macKey: Buffer): KeyedState {
  const state = initial.slice();
  state[0] = at(state, 0) ^ 0x0101_0000 ^ (keyBytes << 8) ^ macBytes;
  compress(state, { int32s: int32sOf(macKey), start: 0, bytes: blockBytes, isLast: false, work: new Int32Array(16) });
  return state;
}

/**
 * Finds the key of a packet's first MAC among many. It compares only 32 of the MAC's bits, so that what it finds has to
 * be checked. It takes 5 µs where the BLAKE2s in `isFor` takes 9 to 16: the key's block is hashed once and not for each
 * packet, and the packet is read once and not for each key.
 */
export class MacSearch {
  readonly #work = new Int32Array(16);
  readonly #state = new Int32Array(8);
  #int32s = new Int32Array(0);
  #bytes = 0;
  #mac = 0;

  /** Takes the packet that `fits` asks about; it must end in two MACs. */
  take(packet: Buffer): void {
    const message = packet.subarray(0, -2 * macBytes);
    this.#int32s = int32sOf(message);
    this.#bytes = message.length;
    this.#mac = packet.readInt32LE(message.length);
  }

  fits(keyed: KeyedState): boolean {
    this.#state.set(keyed);
    const last = this.#int32s.length - 16;
    for (let block = 0; block <= last; block += 16) {
      const isLast = block === last;
      const bytes = blockBytes + (isLast ? this.#bytes : (block + 16) * 4);
      compress(this.#state, { int32s: this.#int32s, start: block, bytes, isLast, work: this.#work });
    }
    return this.#state[0] === this.#mac;
  }
}

interface Block {
  /** The block is the 16 words from `start` on. */
  readonly int32s: Int32Array;
  readonly start: number;
  /** All bytes up to the block's end. */
  readonly bytes: number;
  readonly isLast: boolean;
  /** 16 words without a meaning before and after. */
  readonly work: Int32Array;
}

function compress(state: Int32Array, { int32s, start, bytes, isLast, work }: Block): void {
  work.set(state);
  work.set(initial, 8);
  work[12] = at(work, 12) ^ bytes;
  if (isLast) work[14] = ~at(work, 14);
  for (let next = 0; next < order.length; next += 2) {
    mix(work, (next % 16) * 2, [at(int32s, start + at(order, next)), at(int32s, start + at(order, next + 1))]);
  }
  for (let index = 0; index < 8; index++) state[index] = at(state, index) ^ at(work, index) ^ at(work, index + 8);
}

/** The function G of BLAKE2s, on the column or diagonal whose words begin at `lane` in `lanes`. */
function mix(work: Int32Array, lane: number, [first, second]: readonly [number, number]): void {
  const a = at(lanes, lane);
  const b = at(lanes, lane + 1);
  const c = at(lanes, lane + 2);
  const d = at(lanes, lane + 3);
  work[a] = at(work, a) + at(work, b) + first;
  work[d] = rotated(at(work, d) ^ at(work, a), 16);
  work[c] = at(work, c) + at(work, d);
  work[b] = rotated(at(work, b) ^ at(work, c), 12);
  work[a] = at(work, a) + at(work, b) + second;
  work[d] = rotated(at(work, d) ^ at(work, a), 8);
  work[c] = at(work, c) + at(work, d);
  work[b] = rotated(at(work, b) ^ at(work, c), 7);
}

function digitsIn(rows: readonly string[]): Uint8Array {
  return Uint8Array.from(rows.join(''), (digit) => Number.parseInt(digit, 16));
}

/** Filled up with zeros to whole blocks. */
function int32sOf(bytes: Buffer): Int32Array<ArrayBuffer> {
  const padded = Buffer.alloc(Math.ceil(bytes.length / blockBytes) * blockBytes);
  bytes.copy(padded);
  return Int32Array.from({ length: padded.length / 4 }, (_, index) => padded.readInt32LE(index * 4));
}

function rotated(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function at(numbers: Int32Array | Uint8Array, index: number): number {
  return numbers[index] ?? 0;
}

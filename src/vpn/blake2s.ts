/** The words that the state begins with, from SHA-256. */
const start = Uint32Array.of(
  ...[0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a],
  ...[0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19],
);
/** The order in which each round takes the words of a block. */
const orders = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];
/** The words that each of a round's eight steps mixes: columns, then diagonals. */
const steps = [
  ...[[0, 4, 8, 12] as const, [1, 5, 9, 13] as const, [2, 6, 10, 14] as const, [3, 7, 11, 15] as const],
  ...[[0, 5, 10, 15] as const, [1, 6, 11, 12] as const, [2, 7, 8, 13] as const, [3, 4, 9, 14] as const],
];
const blockBytes = 64;

/** BLAKE2s (RFC 7693) with a key, and of any length up to 32 bytes: node:crypto has neither. No key: an empty one. */
export function blake2s(data: Uint8Array, { key, length }: { key: Uint8Array; length: number }): Buffer {
  const state = start.slice();
  state[0] = at(state, 0) ^ 0x01010000 ^ (key.length << 8) ^ length;
  const input = key.length === 0 ? data : Buffer.concat([key, Buffer.alloc(blockBytes - key.length), data]);
  const blocks = Math.max(1, Math.ceil(input.length / blockBytes));
  for (let index = 0; index < blocks; index++) {
    const from = index * blockBytes;
    const isLast = index === blocks - 1;
    const block = Buffer.alloc(blockBytes);
    block.set(input.subarray(from, from + blockBytes));
    compress(state, block, { counter: isLast ? input.length : from + blockBytes, isLast });
  }
  const digest = Buffer.alloc(32);
  state.forEach((word, index) => {
    digest.writeUInt32LE(word, index * 4);
  });
  return digest.subarray(0, length);
}

function compress(state: Uint32Array, block: Buffer, { counter, isLast }: { counter: number; isLast: boolean }): void {
  const words = Uint32Array.of(...state, ...start);
  words[12] = at(words, 12) ^ counter;
  if (isLast) words[14] = ~at(words, 14);
  for (const order of orders) {
    const word = (index: number) => block.readUInt32LE((order[index] ?? 0) * 4);
    steps.forEach((step, index) => {
      mix(words, step, [word(2 * index), word(2 * index + 1)]);
    });
  }
  for (let index = 0; index < 8; index++) {
    state[index] = at(state, index) ^ at(words, index) ^ at(words, index + 8);
  }
}

type Four = readonly [number, number, number, number];

function mix(words: Uint32Array, [a, b, c, d]: Four, [x, y]: readonly [number, number]): void {
  words[a] = at(words, a) + at(words, b) + x;
  words[d] = rotated(at(words, d) ^ at(words, a), 16);
  words[c] = at(words, c) + at(words, d);
  words[b] = rotated(at(words, b) ^ at(words, c), 12);
  words[a] = at(words, a) + at(words, b) + y;
  words[d] = rotated(at(words, d) ^ at(words, a), 8);
  words[c] = at(words, c) + at(words, d);
  words[b] = rotated(at(words, b) ^ at(words, c), 7);
}

function rotated(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** Every index here is within its array; this tells the compiler. */
function at(words: Uint32Array, index: number): number {
  return words[index] ?? 0;
}

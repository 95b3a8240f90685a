import { inflateSync } from 'node:zlib';

export interface Picture {
  /** Red, green, blue and opacity of each pixel. */
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

const channels = 4;
/**
 * The filters of the PNG specification, section 9: the value that is added to a byte, from the bytes left, above and
 * above left.
 */
const filters: readonly ((left: number, above: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_, above) => above,
  (left, above) => (left + above) >> 1,
  paeth,
];

/** Reads a PNG with 8 bits for each channel, with opacity and without interlacing. Throws for other formats. */
export function readPng(file: Buffer): Picture {
  const chunks = [...chunksOf(file)];
  const header = chunks.find(({ type }) => type === 'IHDR')?.data ?? Buffer.alloc(13);
  const [width, height, format] = [header.readUInt32BE(0), header.readUInt32BE(4), header.subarray(8).toString('hex')];
  if (format !== '0806000000') throw new Error(`The PNG has the unsupported format ${format}.`);
  const packed = chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data);
  return { data: pixels(inflateSync(Buffer.concat(packed)), width * channels, height), width, height };
}

function* chunksOf(file: Buffer): Generator<{ type: string; data: Buffer }> {
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at)) {
    const data = file.subarray(at + 8, at + 8 + file.readUInt32BE(at));
    yield { type: file.toString('latin1', at + 4, at + 8), data };
  }
}

function pixels(rows: Buffer, rowBytes: number, height: number): Uint8ClampedArray {
  const data = new Uint8ClampedArray(rowBytes * height);
  for (let y = 0; y < height; y++) {
    const filter = filters[rows.readUInt8(y * (rowBytes + 1))];
    if (!filter) throw new Error('The PNG has an unknown filter.');
    for (let x = 0; x < rowBytes; x++) {
      const at = y * rowBytes + x;
      const left = x < channels ? 0 : (data[at - channels] ?? 0);
      const corner = x < channels ? 0 : (data[at - channels - rowBytes] ?? 0);
      data[at] = (rows.readUInt8(at + y + 1) + filter(left, data[at - rowBytes] ?? 0, corner)) & 255;
    }
  }
  return data;
}

function paeth(left: number, above: number, corner: number): number {
  const [a, b, c] = [Math.abs(above - corner), Math.abs(left - corner), Math.abs(left + above - 2 * corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

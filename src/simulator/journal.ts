import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import path from 'node:path';

/** The file is written anew when it has grown by this many bytes, and by as many as it had when it was last written. */
const growth = 64 * 1024 * 1024;
/** Characters that are made and written at once, so that no write of the whole file blocks the calls for long. */
const chunk = 256 * 1024;

interface Opened {
  readonly handle: FileHandle;
  /** The file's size when it was written as a whole. */
  readonly whole: number;
  size: number;
}

/** A file of lines that is only appended to, and now and then replaced by one that holds the current state alone. */
export class Journal {
  readonly #file: string;
  readonly #growth: number;
  /** null: the next write replaces the file. After a failed write nobody knows how much of it is in the file. */
  #opened: Opened | null = null;
  #lines: string[] = [];
  #isWholeWanted = false;
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(file: string, grownBy = growth) {
    this.#file = file;
    this.#growth = grownBy;
  }

  /**
   * Resolves when the line is durable. Lines that arrive during a write share the next. `whole` makes the lines of the
   * whole state, when it is called; null instead of a line demands that.
   */
  append(line: string | null, whole: () => Iterable<string>): Promise<void> {
    if (line === null) this.#isWholeWanted = true;
    else this.#lines.push(line);
    const begin = () => this.#begin(whole);
    this.#next ??= this.#current.then(begin, begin);
    return this.#next;
  }

  async close(): Promise<void> {
    await (this.#next ?? this.#current).catch(() => undefined);
    await this.#opened?.handle.close();
    this.#opened = null;
  }

  #begin(whole: () => Iterable<string>): Promise<void> {
    const text = this.#lines.join('');
    const opened = this.#isWholeWanted ? null : this.#opened;
    this.#next = null;
    this.#lines = [];
    this.#isWholeWanted = false;
    const isGrown = opened !== null && opened.size - opened.whole > Math.max(this.#growth, opened.whole);
    this.#current = opened === null || isGrown ? this.#replace(whole()) : this.#add(opened, text);
    return this.#current;
  }

  async #add(opened: Opened, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    this.#opened = null;
    try {
      await opened.handle.appendFile(bytes);
      await opened.handle.datasync();
    } catch (error) {
      await opened.handle.close();
      throw error;
    }
    this.#opened = { ...opened, size: opened.size + bytes.length };
  }

  /** Mode 0600: user data can contain keys. */
  async #replace(lines: Iterable<string>): Promise<void> {
    await this.#opened?.handle.close();
    this.#opened = null;
    const fresh = `${this.#file}.new`;
    await mkdir(path.dirname(this.#file), { recursive: true });
    const handle = await open(fresh, 'w', 0o600);
    try {
      const size = await written(handle, lines);
      await handle.sync();
      await rename(fresh, this.#file);
      await syncFolder(path.dirname(this.#file));
      this.#opened = { handle, whole: size, size };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}

/** Resolves with the number of bytes. */
async function written(handle: FileHandle, lines: Iterable<string>): Promise<number> {
  let size = 0;
  let part = '';
  const write = async () => {
    const bytes = Buffer.from(part);
    part = '';
    await handle.appendFile(bytes);
    size += bytes.length;
  };
  for (const line of lines) {
    part += line;
    if (part.length > chunk) await write();
  }
  await write();
  return size;
}

/** Otherwise a power failure could undo the rename. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

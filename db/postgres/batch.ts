import type pg from 'pg';

/** One statement for Postgres. */
export interface Statement {
  /** Postgres keeps a statement with a name prepared, until the connection ends. */
  readonly name?: string | undefined;
  readonly text: string;
  readonly values?: readonly unknown[];
  /**
   * The answer that Postgres must give. It answers ROLLBACK, without an error, to the commit of a transaction in which a
   * statement failed.
   */
  readonly tag?: string | undefined;
  /** Gets the rows; not given: nobody reads them. */
  readonly result?: ResultRows;
}

/** The parts of the driver's `Result` that fill it; its types leave them out. */
export interface ResultRows extends pg.Result {
  addFields(fields: unknown): void;
  parseRow(columns: unknown): never;
}

/** The messages of the protocol, as the driver's connection writes them; its types leave some out. */
interface Wire extends Pick<pg.Connection, 'on' | 'off'> {
  readonly stream: pg.Connection['stream'];
  /** The texts of the prepared statements of this connection, by name. The driver keeps it for its own queries. */
  readonly parsedStatements: Record<string, string>;
  parse(statement: { name: string; text: string }): void;
  bind(values: { statement: string; values: readonly WireValue[] }): void;
  describe(subject: { type: 'P' }): void;
  execute(): void;
  sync(): void;
}

type WireValue = string | Buffer | null;

/**
 * Sends statements to Postgres as one message, which it answers as one: each message costs both sides a system call and
 * a change of process. Postgres skips all that is behind a statement that fails, so a commit can be the last of them.
 * Rejects with the error of that statement. If a value cannot be sent, nothing is.
 */
export async function sendBatch(client: pg.ClientBase, statements: readonly Statement[]): Promise<void> {
  const bound = statements.map((statement) => ({ ...statement, values: (statement.values ?? []).map(wireValueOf) }));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  client.query(new Batch(bound, (error) => (error ? reject(error) : resolve())));
  await promise;
}

/** Drizzle has encoded the values before. */
function wireValueOf(value: unknown): WireValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  throw new TypeError(`Postgres cannot be sent a value of the type ${typeof value}.`);
}

type Bound = Statement & { readonly values: readonly WireValue[] };

/** A query in the driver's terms: the driver calls its methods, and wraps `callback` for its own timeout. */
class Batch {
  #wire: Wire | null = null;
  #at = 0;
  #failure: Error | null = null;
  readonly #parsing: { name: string; text: string }[] = [];
  readonly #statements: readonly Bound[];
  callback: (error: Error | null) => void;

  constructor(statements: readonly Bound[], callback: Batch['callback']) {
    this.#statements = statements;
    this.callback = callback;
  }

  submit(connection: unknown): void {
    const wire = connection as Wire;
    this.#wire = wire;
    wire.on('parseComplete', this.#parsed);
    wire.stream.cork();
    try {
      for (const { name = '', text, values, result } of this.#statements) {
        this.#parseOnce(wire, { name, text });
        wire.bind({ statement: name, values });
        if (result) wire.describe({ type: 'P' });
        wire.execute();
      }
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  }

  #parseOnce(wire: Wire, statement: { name: string; text: string }): void {
    const { name } = statement;
    const isPrepared = name in wire.parsedStatements || this.#parsing.some((earlier) => earlier.name === name);
    if (name && isPrepared) return;
    wire.parse(statement);
    this.#parsing.push(statement);
  }

  readonly #parsed = (): void => {
    const statement = this.#parsing.shift();
    if (statement?.name && this.#wire) this.#wire.parsedStatements[statement.name] = statement.text;
  };

  handleRowDescription({ fields }: { fields: unknown }): void {
    this.#statements[this.#at]?.result?.addFields(fields);
  }

  handleDataRow({ fields }: { fields: unknown }): void {
    const result = this.#statements[this.#at]?.result;
    result?.rows.push(result.parseRow(fields));
  }

  handleCommandComplete({ text }: { text: string }): void {
    const statement = this.#statements[this.#at];
    if (statement?.tag && statement.tag !== text)
      this.#failure = new Error(`Postgres answered ${text} to ${statement.text}.`);
    this.#at += 1;
  }

  handleError(error: Error): void {
    this.#end(error);
  }

  handleReadyForQuery(): void {
    this.#end(this.#failure);
  }

  #end(error: Error | null): void {
    this.#wire?.off('parseComplete', this.#parsed);
    this.callback(error);
  }
}

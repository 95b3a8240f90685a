import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Post } from './http.ts';
import type { Contestant } from './measure.ts';
import type { Counts, RunningApi, WorkerOptions } from './ours.ts';
import type { Program } from './program.ts';
import type { Rig } from './rig.ts';

const byHandFile = 'test/bench/peers/by-hand.ts';

/** The database file of a peer, beside the rig's own. */
export function peerFile({ folder }: Rig): string {
  return join(folder, 'peer.db');
}

export async function startByHandApi(rig: Rig): Promise<RunningApi> {
  const program = rig.startNode(byHandFile, { args: ['api', peerFile(rig), rig.redis.url] });
  const { port } = await program.until('listening');
  return { program, port: Number(port) };
}

export function byHandPost(number: number): Post {
  const body = JSON.stringify({ customer: `customer-${number}`, location: 'ewr' });
  return { path: '/purchases', headers: {}, body };
}

/** Records purchases whose jobs wait in Redis. */
export async function fillByHand(rig: Rig, count: number): Promise<void> {
  const program = rig.startNode(byHandFile, { args: ['fill', peerFile(rig), rig.redis.url, String(count)] });
  await program.until('filled');
}

export async function startByHandWorker(rig: Rig, { concurrency, workMs }: WorkerOptions): Promise<Program> {
  const args = ['worker', peerFile(rig), rig.redis.url, String(concurrency), String(workMs)];
  const program = rig.startNode(byHandFile, { args });
  await program.until('engine-ready');
  return program;
}

export const byHandCounts: Counts = {
  purchases: 'SELECT count(*) AS n FROM purchases',
  done: "SELECT count(*) AS n FROM servers WHERE status = 'running'",
};

export type PythonPeer = Extract<Contestant, 'tuned' | 'naive'>;

const needs = { tuned: 'import sqlite3; assert sqlite3.sqlite_version_info >= (3, 35)', naive: 'import sqlalchemy' };
/** Debian's own Python has Debian's packages; the first one on PATH may be another. */
const pythons = ['python3', '/usr/bin/python3'];

/** The Python that can run this peer; null: none. */
export function pythonFor(peer: PythonPeer): string | null {
  return pythons.find((python) => spawnSync(python, ['-c', needs[peer]]).status === 0) ?? null;
}

/** One sentence about each peer that cannot run here. */
export function missingPeers(): string[] {
  const reasons = {
    tuned: 'The peer tuned is skipped: it needs python3 with SQLite 3.35 or newer.',
    naive: "The peer naive is skipped: it needs python3 with SQLAlchemy (Debian's python3-sqlalchemy).",
  };
  return (['tuned', 'naive'] as const).filter((peer) => pythonFor(peer) === null).map((peer) => reasons[peer]);
}

/** What a Python peer prints at its end. */
export interface PythonReport {
  readonly seconds: number;
  readonly cpu: number;
  readonly memoryMb: number;
  readonly accepted?: number;
  readonly acceptedInWindow?: number;
  readonly rows?: number;
  readonly done?: number;
  readonly doubled?: number;
}

export function startPython(rig: Rig, peer: PythonPeer, [act, ...args]: readonly string[]): Program {
  const file = fileURLToPath(new URL(`peers/${peer}.py`, import.meta.url));
  // -B: no compiled files beside the sources.
  return rig.start(pythonFor(peer) ?? 'python3', ['-B', file, String(act), peerFile(rig), ...args]);
}

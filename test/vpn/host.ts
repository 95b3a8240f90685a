import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A computer of its own, as far as network, processes and /etc and /run go; all that runs on it ends with it. */
export interface Host {
  readonly pid: number;
  /** Resolves with what the program says; rejects with what it says on standard error where it fails. */
  run(program: string, ...args: readonly string[]): Promise<string>;
  /** Starts a program, and resolves once it says its first line. */
  start(program: string, ...args: readonly string[]): Promise<void>;
  write(path: string, content: string): Promise<void>;
  stop(): Promise<void>;
}

/** The copy of /etc is its own, so that what is written there stays there. It ends when its standard input does. */
const boot = [
  'mount -t tmpfs tmpfs /run',
  'cp -a /etc /run/etc',
  'mount --bind /run/etc /etc',
  'mkdir /run/wireguard',
  'ip link set lo up',
  'echo ready',
  'exec cat',
].join(' && ');

export async function startHost(): Promise<Host> {
  const options = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const holder = spawn('unshare', [...options, 'sh', '-c', boot], { stdio: ['pipe', 'pipe', 'ignore'] });
  await firstLine(holder);
  const pid = Number(readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8').trim());
  const inside = (program: string, args: readonly string[]) => ['-t', String(pid), '-n', '-m', '-p', program, ...args];
  return {
    pid,
    run: async (program, ...args) => {
      const { stdout } = await run('nsenter', inside(program, args), { timeout: 20_000 });
      return stdout;
    },
    start: async (program, ...args) => {
      await firstLine(spawn('nsenter', inside(program, args), { stdio: ['ignore', 'pipe', 'inherit'] }));
    },
    write: async (path, content) => {
      const writing = spawn('nsenter', inside('tee', [path]), { stdio: ['pipe', 'ignore', 'inherit'] });
      writing.stdin.end(content);
      const [code] = await once(writing, 'close');
      if (code !== 0) throw new Error(`${path} could not be written.`);
    },
    stop: async () => {
      const ended = once(holder, 'close');
      process.kill(pid, 'SIGKILL');
      await ended;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<void> {
  const said = Promise.withResolvers<void>();
  child.stdout?.once('data', () => said.resolve());
  child.once('close', (code) => said.reject(new Error(`${child.spawnargs.join(' ')} ended with ${code}.`)));
  await said.promise;
}

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A host with its own network, processes, /etc and /run, made of Linux namespaces. All its processes end with it. */
export interface Host {
  readonly pid: number;
  /** Resolves with the program's standard output; rejects with its standard error if it fails. */
  run(program: string, ...args: readonly string[]): Promise<string>;
  /** Starts a program. Resolves once it prints its first line. */
  start(program: string, ...args: readonly string[]): Promise<void>;
  write(path: string, content: string): Promise<void>;
  stop(): Promise<void>;
}

/** The host gets a copy of /etc, so that writes do not reach the real one. The host ends with its standard input. */
const boot = [
  'mount -t tmpfs tmpfs /run',
  'cp -a /etc /run/etc',
  'mount --bind /run/etc /etc',
  'mkdir /run/wireguard',
  'ip link set lo up',
  'echo ready',
  'exec cat',
].join(' && ');

/** Gives the programs of another system this computer's devices and the host's processes. */
const enter = 'mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && exec chroot "$0" sh -c "$1"';

/** With `root`, a folder that holds another system, the host has the programs of that system. */
export async function startHost(root?: string): Promise<Host> {
  const options = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const init = root === undefined ? ['sh', '-c', boot] : ['sh', '-c', enter, root, boot];
  const holder = spawn('unshare', [...options, ...init], { stdio: ['pipe', 'pipe', 'ignore'] });
  await firstLine(holder);
  const pid = Number(readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8').trim());
  const spaces = ['-t', String(pid), '-n', '-m', '-p', ...(root === undefined ? [] : ['-r'])];
  const inside = (program: string, args: readonly string[]) => [...spaces, program, ...args];
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
      if (code !== 0) throw new Error(`Writing ${path} failed.`);
    },
    stop: async () => {
      const ended = once(holder, 'close');
      process.kill(pid, 'SIGKILL');
      await ended;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<void> {
  const printed = Promise.withResolvers<void>();
  child.stdout?.once('data', () => printed.resolve());
  child.once('close', (code) => printed.reject(new Error(`${child.spawnargs.join(' ')} exited with ${code}.`)));
  await printed.promise;
}

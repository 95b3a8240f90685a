import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const setUpScript = fileURLToPath(new URL('../../../src/setup', import.meta.url));

export type SetUpRun = { code: number | null; output: string };
type Machine = {
  node?: string;
  platform?: string;
  env?: Record<string, string>;
  onOutput?: (output: string) => void;
};

/** A bare clone with a small lock file, on a machine that has only the programs of the test. */
export class BareClone {
  readonly root = mkdtempSync(join(tmpdir(), 'ghostifi-clone-'));
  readonly bin = join(this.root, 'machine', 'bin');

  constructor() {
    cpSync(setUpScript, this.path('src/setup'), { recursive: true });
    mkdirSync(this.bin, { recursive: true });
    this.lock({ 'node_modules/express': { version: '5.3.0' } });
    this.program('npm', 'mkdir -p node_modules/.bin');
    this.program('redis-server', 'echo "Redis server v=7.0.15 sha=00000000:0 bits=64"');
  }

  path(place: string): string {
    return join(this.root, place);
  }

  exists(place: string): boolean {
    return existsSync(this.path(place));
  }

  write(place: string, content: unknown): void {
    mkdirSync(join(this.path(place), '..'), { recursive: true });
    writeFileSync(this.path(place), typeof content === 'string' ? content : JSON.stringify(content));
  }

  read(place: string): unknown {
    return JSON.parse(readFileSync(this.path(place), 'utf8'));
  }

  remove(place: string): void {
    rmSync(this.path(place), { recursive: true, force: true });
  }

  lock(packages: Record<string, unknown>): void {
    this.write('package-lock.json', { packages });
  }

  /** Puts a shell script, which also records its calls, into the machine's PATH or another folder of the clone. */
  program(name: string, script: string, folder = 'machine/bin'): string {
    const note = `echo "${name} $*" >> '${this.path('machine/calls')}'`;
    this.write(`${folder}/${name}`, '');
    const file = this.path(`${folder}/${name}`);
    writeFileSync(file, `#!/bin/sh\nPATH=/usr/bin:/bin\n${note}\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  /** The arguments of each call of a program. */
  calls(name: string): string[] {
    if (!this.exists('machine/calls')) return [];
    const lines = readFileSync(this.path('machine/calls'), 'utf8').split('\n');
    return lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  }

  /** Runs set-up like `npm start`, on a Node and a platform of that name. */
  setUp(machine: Machine = {}): Promise<SetUpRun> {
    const { node = process.versions.node, platform = process.platform, env = {}, onOutput } = machine;
    const pretend = `data:text/javascript,${encodeURIComponent(pretending(node, platform))}`;
    const child = spawn(process.execPath, ['--import', pretend, this.path('src/setup/ready.mjs')], {
      cwd: this.root,
      env: { PATH: this.bin, npm_lifecycle_event: 'prestart', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
        onOutput?.(output);
      });
    }
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, output: output.trim() })));
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

function pretending(node: string, platform: string): string {
  return `Object.defineProperty(process.versions,'node',{value:'${node}'});Object.defineProperty(process,'platform',{value:'${platform}'})`;
}

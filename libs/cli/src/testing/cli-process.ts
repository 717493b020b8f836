import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findNatsServer } from '@irqmesh/platform/nats-server';

const BIN = fileURLToPath(new URL('../../bin/irqmesh.mjs', import.meta.url));

/** An `irqmesh` as a user runs it, in a folder of its own, without a terminal. */
export class CliProcess {
  readonly cwd = mkdtempSync(join(tmpdir(), 'irqmesh-cli-'));
  stdout = '';
  stderr = '';
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { IRQMESH_NATS_URL: _server, INIT_CWD: _folder, ...inherited } = process.env;
    this.child = spawn(process.execPath, [BIN, ...args], {
      cwd: this.cwd,
      // By its mark the processes of this run are found again.
      env: { ...inherited, IRQMESH_NATS_SERVER: findNatsServer(), ...env, TEST_MARK: this.cwd },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.on('data', (data) => (this.stdout += String(data)));
    this.child.stderr!.on('data', (data) => (this.stderr += String(data)));
    this.exited = once(this.child, 'close').then(([code]) => code as number | null);
  }

  get pid(): number {
    return this.child.pid!;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits until the output holds this. */
  async says(text: string | RegExp, timeoutMs = 60_000): Promise<void> {
    for (const endMs = performance.now() + timeoutMs; ; await sleep(20)) {
      if (typeof text === 'string' ? this.stdout.includes(text) : text.test(this.stdout)) return;
      if (performance.now() > endMs || this.child.exitCode !== null) {
        throw new Error(`it did not say ${String(text)}; it said:\n${this.stdout}\n${this.stderr}`);
      }
    }
  }

  /** The processes of this run that are there, by pid and command line, this one itself included. */
  processes(): { pid: number; command: string }[] {
    const pids = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
    return pids.flatMap((pid) => {
      const [environment, command] = [readProc(pid, 'environ'), readProc(pid, 'cmdline')];
      return `${environment}${command}`.includes(this.cwd) ? [{ pid: Number(pid), command: command.replaceAll('\0', ' ') }] : [];
    });
  }

  /** Waits until no process of this run is left; returns those that are after the time. */
  async processesAfter(timeoutMs: number): Promise<string[]> {
    for (const endMs = performance.now() + timeoutMs; ; await sleep(50)) {
      const left = this.processes().map(({ pid, command }) => `${pid} ${command}`);
      if (left.length === 0 || performance.now() > endMs) return left;
    }
  }

  /** Ends whatever is left of it, and removes its folder. */
  async dispose(): Promise<void> {
    for (const { pid } of this.processes()) killIfThere(pid);
    await this.exited;
    rmSync(this.cwd, { recursive: true, force: true });
  }
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // It ended meanwhile, or it is another user's.
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';

/** Exit code or signal of a process. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Node.js process started by a test. */
export class NodeProcess {
  private static readonly running = new Set<NodeProcess>();

  stdout = '';
  stderr = '';
  /** Resolves when the process has ended and all its output was received. */
  readonly ended: Promise<ProcessEnd>;
  private readonly child: ChildProcess;
  private readonly output = new EventEmitter();

  constructor(
    args: readonly string[],
    {
      cwd,
      env = {},
      onMessage,
    }: {
      cwd: string;
      env?: Readonly<Record<string, string>>;
      /** Receives the messages of a process that has a channel to the test. */
      onMessage?: (message: unknown) => void;
    },
  ) {
    this.child = spawn(process.execPath, args, {
      cwd,
      env: { ...unconfigured(process.env), ...env },
      stdio: ['ignore', 'pipe', 'pipe', ...(onMessage ? (['ipc'] as const) : [])],
    });
    if (onMessage) this.child.on('message', onMessage);
    NodeProcess.running.add(this);
    for (const name of ['stdout', 'stderr'] as const) {
      this.child[name]?.setEncoding('utf8').on('data', (text: string) => {
        this[name] += text;
        this.output.emit('text');
      });
    }
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        NodeProcess.running.delete(this);
        this.output.emit('text');
        resolve({ code, signal });
      });
    });
  }

  /** Id of the process. */
  get pid(): number {
    return this.child.pid!;
  }

  /** Resolves when `pattern` is on standard output. @throws Error with the output if the process ends before. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stdout);
      if (found) return found;
      if (!NodeProcess.running.has(this)) {
        throw new Error(`It ended without printing ${String(pattern)}.\n${this.stdout}\n${this.stderr}`);
      }
      await once(this.output, 'text');
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Sends a message to a process with a channel. A process that has ended does not get it. */
  send(message: object): void {
    this.child.send(message, () => undefined);
  }

  /** Kills processes that are still running, for instance after a failed test. */
  static async killAll(): Promise<void> {
    await Promise.all(
      [...NodeProcess.running].map((left) => {
        left.kill('SIGKILL');
        return left.ended;
      }),
    );
  }
}

/** Returns the environment without variables that configure the service, Node.js or Jest. */
function unconfigured(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const configures =
    /^(PORT|LOG_LEVEL|NODE_ENV|NODE_OPTIONS|FORCE_COLOR|(OTEL|OPENAI|ANTHROPIC|LLM|JEST)_.*)$/;
  const kept = Object.entries(environment).filter(([name]) => !configures.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: '1' };
}

import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { poll } from '../../support/poll.js';

// Stops processes that a failed test left running.
afterAll(() => ServerProcess.stopAll());

/** Process of Prometheus or Alertmanager on a free port, which is read from its log. */
export class ServerProcess {
  private static readonly running = new Set<ServerProcess>();

  /** Output on stdout and stderr. */
  output = '';
  readonly ended: Promise<void>;
  private readonly child: ChildProcess;
  private readonly printed = new EventEmitter();

  constructor(
    private readonly command: string,
    args: readonly string[],
  ) {
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    ServerProcess.running.add(this);
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.printed.emit('text');
      });
    }
    this.ended = new Promise((resolve) => {
      const end = (error?: unknown): void => {
        if (error instanceof Error) this.output += error.message;
        ServerProcess.running.delete(this);
        this.printed.emit('text');
        resolve();
      };
      this.child.once('error', end);
      this.child.once('close', end);
    });
  }

  /** Resolves the URL when the server is ready. @throws Error with its log if the process ends. */
  async url(): Promise<string> {
    const url = `http://${await this.address()}`;
    const isReady = async (): Promise<boolean> => (await fetch(`${url}/-/ready`)).status === 200;
    await poll(
      async () => (await isReady()) || undefined,
      () => `${this.command} is ready.\n${this.output}`,
    );
    return url;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ended;
  }

  static async stopAll(): Promise<void> {
    await Promise.all([...ServerProcess.running].map((left) => left.stop()));
  }

  private async address(): Promise<string> {
    for (;;) {
      const found = /msg="Listening on" address=(\S+)/.exec(this.output);
      if (found) return found[1]!;
      if (!ServerProcess.running.has(this)) throw new Error(`${this.command} has ended.\n${this.output}`);
      await once(this.printed, 'text');
    }
  }
}

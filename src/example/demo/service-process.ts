import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const KEPT_OUTPUT = 8000;

/** The example service, run as a process of its own, as `npm start` runs it. */
export class ServiceProcess {
  /** The last of what it has printed. */
  output = '';
  private readonly child: ChildProcess;

  constructor(
    readonly port: number,
    env: Readonly<Record<string, string>>,
  ) {
    this.child = spawn(process.execPath, [MAIN], {
      env: { ...process.env, ...env, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on(
        'data',
        (text: Buffer) => (this.output = (this.output + text.toString()).slice(-KEPT_OUTPUT)),
      );
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves when it listens. @throws Error with its output where it ends instead. */
  async ready(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.child.stdout?.on('data', () => {
        if (this.output.includes('Listening on ')) resolve();
      });
      this.child.once('exit', (code) =>
        reject(new Error(`The service ended with code ${code}.\n${this.output}`)),
      );
    });
  }

  /** Calls `listener` should it end by itself. */
  onExit(listener: () => void): void {
    this.child.once('exit', listener);
  }

  /** From now on shows what it prints. */
  show(): void {
    this.child.stdout?.pipe(process.stdout);
    this.child.stderr?.pipe(process.stderr);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.removeAllListeners('exit');
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}

/** `wanted` where it is free, else any free port. */
export async function freePort(wanted: number): Promise<number> {
  for (const port of [wanted, 0]) {
    const server = createServer();
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    } catch {
      // Taken: the next one is any.
    } finally {
      server.close();
    }
  }
  throw new Error('There is no free port.');
}

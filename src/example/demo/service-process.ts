import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const MAX_OUTPUT_LENGTH = 8000;

/** Runs the example service in a separate process, as `npm start` does. */
export class ServiceProcess {
  /** The end of the output of the process. */
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
        (text: Buffer) => (this.output = (this.output + text.toString()).slice(-MAX_OUTPUT_LENGTH)),
      );
    }
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves when the service listens. @throws Error with the output if the process exits. */
  async ready(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.child.stdout?.on('data', () => {
        if (this.output.includes('Listening on ')) resolve();
      });
      this.child.once('exit', (code) =>
        reject(new Error(`The service exited with code ${code}.\n${this.output}`)),
      );
    });
  }

  /** Calls `listener` if the process exits by itself. */
  onExit(listener: () => void): void {
    this.child.once('exit', listener);
  }

  /** Prints the output of the process from now on. */
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

/** Returns `wanted` if that port is free, else any free port. */
export async function freePort(wanted: number): Promise<number> {
  for (const port of [wanted, 0]) {
    const server = createServer();
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    } catch {
      // The port is in use. Port 0 selects a free one.
    } finally {
      server.close();
    }
  }
  throw new Error('No free port found.');
}

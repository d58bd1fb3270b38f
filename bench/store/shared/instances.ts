import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Commands, InstanceOptions, Request, Response } from './messages.js';

const MAIN = fileURLToPath(new URL('./instance.js', import.meta.url));

interface Pending {
  resolve(result: never): void;
  reject(error: Error): void;
}

/** A process that runs an instance of a service. */
export class Instance {
  private readonly pending = new Map<number, Pending>();
  private lastId = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (response: Response) => this.settle(response));
    child.on('exit', (code, signal) => {
      for (const { reject } of this.pending.values())
        reject(new Error(`An instance ended with ${code ?? signal}.`));
    });
  }

  static async start(options: InstanceOptions): Promise<Instance> {
    const child = fork(MAIN, [JSON.stringify(options)], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    const instance = new Instance(child);
    await new Promise((resolve, reject) => instance.pending.set(0, { resolve, reject }));
    return instance;
  }

  do<Name extends keyof Commands>(name: Name, parameters: Commands[Name][0]): Promise<Commands[Name][1]> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.child.send({ id, name, parameters } satisfies Request);
    });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.disconnect();
    await once(this.child, 'exit');
  }

  private settle({ id, ...response }: Response): void {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    if (response.error === undefined) pending?.resolve(response.result as never);
    else pending?.reject(new Error(response.error));
  }
}

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Request, Responses } from './contestant.js';
import type { Contestant } from './contestants.js';

/** Folder in which the peers are installed. */
export const PEERS = fileURLToPath(new URL('../../../bench/peers', import.meta.url));

/** Running process of a contestant, which answers one request at a time. */
export class Rival {
  private constructor(
    readonly contestant: Contestant,
    private readonly child: ChildProcess,
  ) {}

  /** @throws Error if the process ends before it is ready. */
  static async start(contestant: Contestant): Promise<Rival> {
    const child = fork(fileURLToPath(new URL('contestant-process.js', import.meta.url)), [contestant.name], {
      cwd: PEERS,
      execArgv: ['--expose-gc', ...(contestant.execArgv ?? [])],
      env: { ...process.env, ...contestant.env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const rival = new Rival(contestant, child);
    await rival.response();
    return rival;
  }

  /** @throws Error if the request fails or the process ends. */
  async ask<R extends Request>(request: R): Promise<Responses[R['do']]> {
    const responded = this.response();
    this.child.send(request);
    return (await responded) as Responses[R['do']];
  }

  stop(): void {
    this.child.kill();
  }

  private async response(): Promise<unknown> {
    const stopped = new AbortController();
    const { signal } = stopped;
    try {
      const message = await Promise.race([
        once(this.child, 'message', { signal }),
        once(this.child, 'exit', { signal }).then(([code]) => [
          { error: `the process ended with ${String(code)}` },
        ]),
      ]);
      const { response, error } = message[0] as { response?: unknown; error?: string };
      if (error !== undefined) throw new Error(`${this.contestant.name}: ${error}`);
      return response;
    } finally {
      stopped.abort();
    }
  }
}

import { fileURLToPath } from 'node:url';
import { NodeProcess } from './node-process.js';

const MAIN = fileURLToPath(new URL('../../dist/esm/example/main.js', import.meta.url));

/** The built example service in a separate process, with only the configuration of the test. */
export class ServiceProcess extends NodeProcess {
  constructor({
    cwd,
    env,
    nodeArgs = [],
  }: {
    cwd: string;
    env?: Readonly<Record<string, string>>;
    nodeArgs?: readonly string[];
  }) {
    super([...nodeArgs, MAIN], { cwd, env });
  }

  /** Resolves with the URL of the service when it listens. */
  async url(): Promise<string> {
    const [, port] = await this.printed(/Listening on http:\S+?:(\d+)/);
    return `http://127.0.0.1:${port}`;
  }

  async post(path: string, body: object): Promise<Response> {
    return fetch(`${await this.url()}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  /** Stops the service with SIGTERM, as a container runtime does. */
  async stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.kill('SIGTERM');
    return this.ended;
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** The example service of this build on its emulator, on a free port. */
export class ExampleService {
  #child;

  constructor(child, host) {
    this.#child = child;
    this.host = host;
  }

  static async start(cwd) {
    const child = spawn(process.execPath, [resolve('dist/esm/example/main.js')], {
      cwd,
      env: { ...process.env, PORT: '0', LLM_EMULATOR: 'on' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8');
    child.stderr.on('data', (text) => (printed += text));
    for await (const text of child.stdout) {
      printed += text;
      const host = /Listening on http:\/\/(?<host>\S+)/.exec(printed)?.groups?.host;
      if (host === undefined) continue;
      return new ExampleService(child, host.replace('[::1]', 'localhost'));
    }
    throw new Error(`The example service did not start:\n${printed}`);
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }
}

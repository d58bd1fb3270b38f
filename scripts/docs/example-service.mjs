import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** Runs the example service of this build with its emulator, on a free port. */
export class ExampleService {
  #child;

  constructor(child, host) {
    this.#child = child;
    this.host = host;
  }

  static async start(cwd) {
    const child = spawn(process.execPath, [resolve('dist/esm/example/main.js')], {
      cwd,
      env: { ...process.env, PORT: '0', LLM_EMULATOR: 'on', NO_COLOR: '1', FORCE_COLOR: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    return new Promise((started, failed) => {
      const read = (text) => {
        printed += text;
        const host = /Listening on http:\/\/(?<host>[\w.:[\]-]+)/.exec(printed)?.groups.host;
        if (host !== undefined) started(new ExampleService(child, host.replace('[::1]', 'localhost')));
      };
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read);
      child.once('close', () => failed(new Error(`The example service did not start:\n${printed}`)));
    });
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }
}

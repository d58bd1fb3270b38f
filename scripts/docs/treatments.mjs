import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { findBlock } from './blocks.mjs';
import { node, run } from './commands.mjs';
import { demoDifference } from './demo-output.mjs';

/**
 * What happens to a code block, by its language and directive (see README.md in `test/docs`). Each treatment throws if
 * the block is wrong.
 */
export class Treatments {
  #checkout;
  #clone;
  #example;
  #project;
  #environment;

  /** `project`: folder in which the packed library is installed. The folder that the clone creates is in `workspace`. */
  constructor({ root, workspace, tarball, project }) {
    this.#project = project;
    this.workspace = workspace;
    this.#checkout = join(workspace, 'nestjs-llm-telemetry');
    this.#environment = { DOCS_ROOT: root, DOCS_TARBALL: tarball };
    this.prelude = join(root, 'test/docs/preludes/shell.sh');
  }

  /** Returns the treatment of a block that is neither TypeScript nor allowed, `undefined` if there is none. */
  for({ language, directive }) {
    const [verb, ...rest] = directive.split(' ');
    const place = rest.join(' ');
    if (language === 'sh' && verb === 'run') {
      if (place === 'in workspace') return () => this.#cloned();
      if (place === 'in checkout') return (block) => this.#inCheckout(block);
      if (place === 'in project') return ({ code }) => this.shell(this.#project, code);
      if (place === 'against example') return (block) => this.#againstExample(block);
      return undefined;
    }
    if (language === 'json') return (block) => this.#json(block, verb === 'file' ? place : undefined);
    if (language === 'yaml') return (block) => yaml(block);
    if (language === 'promql') return (block) => promql(block);
    if (language === 'dotenv') return (block) => this.#dotenv(block);
    if (language === 'text' && directive === 'demo output') return (block) => this.#demoOutput(block);
    return undefined;
  }

  /** Runs shell lines with the prelude. */
  shell(folder, code, env = {}) {
    const script = `set -euo pipefail\n. "${this.prelude}"\n${code}`;
    return run(folder, 'bash', ['-c', script], { env: { ...this.#environment, ...env } });
  }

  /** Stops what treatments have started. */
  async stop() {
    await this.#example?.stop();
  }

  /** Clones the repository and runs the demo in it, once, by the block of the documents that does. Returns its output. */
  #cloned() {
    this.#clone ??= this.shell(this.workspace, findBlock('run in workspace').code);
    return this.#clone;
  }

  async #inCheckout({ code }) {
    await this.#cloned();
    await this.shell(this.#checkout, code);
  }

  async #demoOutput({ code }) {
    const difference = demoDifference(code, await this.#cloned());
    if (difference !== undefined) throw new Error(difference);
  }

  /** `localhost:3000` is the example service of this build, on a free port. */
  async #againstExample({ code }) {
    this.#example ??= await startExample(this.workspace);
    const output = await this.shell(
      this.workspace,
      code.replaceAll('localhost:3000', this.#example.host).replaceAll('curl ', 'curl --fail-with-body '),
    );
    if (!output.includes('{')) throw new Error(`The example service answered: ${output}`);
  }

  #json({ code }, name) {
    JSON.parse(code);
    if (name !== undefined) writeFileSync(join(this.#project, name), code);
  }

  /** Settings of OpenTelemetry: its NodeSDK starts with them without a complaint and knows each name. */
  async #dotenv({ code }) {
    const settings = parseEnv(code);
    const names = Object.keys(settings);
    if (names.length === 0) throw new Error('The block sets no variable.');
    const said = await node('.', ['scripts/docs/start-node-sdk.mjs', ...names], { env: settings });
    if (said !== '') throw new Error(said);
  }
}

async function startExample(cwd) {
  const { ExampleService } = await import('./example-service.mjs');
  return ExampleService.start(cwd);
}

function yaml({ code }) {
  for (const document of parseAllDocuments(code)) {
    if (document.errors.length > 0) throw document.errors[0];
  }
}

/** promtool parses each line as the expression of a rule. */
async function promql({ code }) {
  const folder = mkdtempSync(join(tmpdir(), 'promql-'));
  const file = join(folder, 'rules.yml');
  const rules = code
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((expr, index) => ({ record: `expression_${index}`, expr }));
  try {
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'docs', rules }] }));
    await run('.', 'promtool', ['check', 'rules', file]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Reason of a block that is allowed not to run: `<!-- block: allowed: a vendor's endpoint -->`. */
export function allowedReason({ directive }) {
  return /^allowed: (?<reason>.+)$/.exec(directive)?.groups?.reason;
}

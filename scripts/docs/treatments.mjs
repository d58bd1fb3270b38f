import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { findBlock } from './blocks.mjs';
import { node, run } from './commands.mjs';
import { demoDifference } from './demo-output.mjs';

/**
 * Checks code blocks by language and directive (see test/docs/README.md). Each treatment throws if the block is
 * invalid.
 */
export class Treatments {
  #checkout;
  #clone;
  #example;
  #project;
  #environment;

  /** `project`: folder with the installed package. `workspace`: folder in which the repository is cloned. */
  constructor({ root, workspace, tarball, project }) {
    this.#project = project;
    this.workspace = workspace;
    this.#checkout = join(workspace, 'nestjs-llm-telemetry');
    this.#environment = { DOCS_ROOT: root, DOCS_TARBALL: tarball };
    this.prelude = join(root, 'test/docs/preludes/shell.sh');
  }

  /** Returns the treatment of a block that is neither TypeScript nor allowed, or `undefined` if there is none. */
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

  /** Stops the example service, if a treatment has started it. */
  async stop() {
    await this.#example?.stop();
  }

  /** Runs the block that clones the repository and runs the demo, once. Returns its output. */
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

  /** Runs a block with `localhost:3000` replaced by the example service of this build. */
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

  /** Checks that OpenTelemetry's NodeSDK knows each variable and starts without a warning. */
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

/** Checks each line with promtool, as the expression of a rule. */
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

/** Returns the reason why a block need not run: `<!-- block: allowed: a vendor's endpoint -->`. */
export function allowedReason({ directive }) {
  return /^allowed: (?<reason>.+)$/.exec(directive)?.groups?.reason;
}

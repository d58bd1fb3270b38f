import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  startProviderEmulator,
  type EmulatorOptions,
  type LedgerEntry,
  type ProviderEmulator,
} from 'nestjs-llm-telemetry/testing';
import { NodeProcess, type ProcessEnd } from '../../support/node-process.js';
import { ServiceProcess } from '../../support/service-process.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

beforeAll(async () => {
  // Builds only if the sources have changed since `dist` was built.
  const build = spawn(process.execPath, ['scripts/prepare.mjs', '--build'], { cwd: root, stdio: 'inherit' });
  const [code] = (await once(build, 'close')) as [number | null];
  if (code !== 0) throw new Error('The build failed.');
  // The build takes minutes on a busy machine.
}, 600_000);
afterAll(() => NodeProcess.killAll());

/** USD per million tokens, from the providers' price lists (November 2026). */
const PRICES: Record<string, { input: number; output: number }> = {
  'gpt-4o-mini-2024-07-18': { input: 0.15, output: 0.6 },
  'claude-haiku-4-5-20251001': { input: 1, output: 5 },
};

/** Returns the cost of a request on the bill of the provider, in USD. */
export function costOf({ model, inputTokens, outputTokens, billed }: LedgerEntry): number {
  const price = PRICES[model]!;
  return billed ? (inputTokens * price.input + outputTokens * price.output) / 1e6 : 0;
}

/** Example service in a separate process. The provider emulator with its bill runs in this process. */
export class ExampleService {
  private constructor(
    readonly emulator: ProviderEmulator,
    readonly process: ServiceProcess,
    /** Working directory of the service, which contains its store. */
    readonly folder: string,
  ) {}

  static async start(
    env: Readonly<Record<string, string>>,
    { nodeArgs = [], emulator = {} }: { nodeArgs?: readonly string[]; emulator?: EmulatorOptions } = {},
  ): Promise<ExampleService> {
    const provider = await startProviderEmulator(emulator);
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-production-'));
    const process = new ServiceProcess({
      cwd: folder,
      nodeArgs,
      env: {
        PORT: '0',
        OPENAI_API_KEY: 'sk-not-a-key',
        OPENAI_BASE_URL: provider.openaiBaseUrl,
        ANTHROPIC_API_KEY: 'sk-ant-not-a-key',
        ANTHROPIC_BASE_URL: provider.anthropicBaseUrl,
        ...env,
      },
    });
    const service = new ExampleService(provider, process, folder);
    await process.url();
    return service;
  }

  summarize(orderText: string): Promise<Answer> {
    return this.ask('/orders/summarize', { order_text: orderText, user_id: 'customer-1' });
  }

  stream(orderText: string): Promise<Answer> {
    return this.ask('/orders/summarize/stream', { order_text: orderText, user_id: 'customer-1' });
  }

  classify(ticketText: string): Promise<Answer> {
    return this.ask('/support/classify', { ticket_text: ticketText });
  }

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${await this.process.url()}${path}`, { headers });
  }

  /** Returns all entries of the provider's bill. */
  bill(): readonly LedgerEntry[] {
    return this.emulator.ledger.entries();
  }

  /** Stops the service gracefully, which flushes its telemetry. */
  async stop(): Promise<ProcessEnd> {
    const end = await this.process.stop();
    await this.emulator.stop();
    return end;
  }

  /** Kills the service and removes its folder. */
  async remove(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.process.ended;
    await this.emulator.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async ask(path: string, body: object): Promise<Answer> {
    const response = await this.process.post(path, body);
    return { status: response.status, text: await response.text() };
  }
}

/** Response of the service. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

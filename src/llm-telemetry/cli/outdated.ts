import { GenaiPrices, tableModels, tableProviders } from '../pricing/genai-prices.provider.js';
import { PriceTable } from '../pricing/price-table.js';
import { loadPublishedTable } from '../pricing/published-table.js';
import { errorText, type CommandResult } from './prices.js';

/** Runs `prices --outdated`. Never rejects. */
export function outdatedCommand(args: readonly string[]): CommandResult | Promise<CommandResult> {
  const others = args.filter((arg) => arg !== '--outdated' && arg !== '--json');
  if (others.length === 0) return outdated(args.includes('--json'));
  const message = `--outdated can only be combined with --json, received ${others.join(' ')}.`;
  return { code: 2, stdout: '', stderr: errorText(new TypeError(message)) };
}

/** A model whose prices differ from the published ones. */
interface OutdatedModel {
  readonly provider: string;
  readonly model: string;
  /** `changed`: has other prices. `missing`: only in the published table. `removed`: only in the installed table. */
  readonly state: 'changed' | 'missing' | 'removed';
}

/**
 * Compares the installed price table with the published one, at the prices of today. Exit codes: 0 if they are equal, 1
 * if the installed one is outdated, 2 if the published one cannot be loaded. Never rejects.
 */
export async function outdated(asJson: boolean, load = loadPublishedTable): Promise<CommandResult> {
  const published = new PriceTable();
  try {
    published.replace(await load(), Date.now());
  } catch (error) {
    const { message } = error as Error;
    return { code: 2, stdout: '', stderr: `The published price table could not be loaded: ${message}\n` };
  }
  const installed = new PriceTable();
  const models = differences(installed, published, new Date());
  const code = models.length === 0 ? 0 : 1;
  if (asJson) {
    const { name, date } = installed.info;
    return { code, stdout: `${JSON.stringify({ installed: name, date, models }, null, 2)}\n`, stderr: '' };
  }
  return { code, stdout: describe(installed.info.name, models), stderr: '' };
}

function differences(installed: PriceTable, published: PriceTable, at: Date): OutdatedModel[] {
  const [old, current] = [new GenaiPrices(undefined, installed), new GenaiPrices(undefined, published)];
  const found: OutdatedModel[] = [];
  for (const provider of tableProviders()) {
    const names = new Set([...tableModels(provider, installed), ...tableModels(provider, published)]);
    for (const model of names) {
      const [before, now] = [old, current].map(
        (prices) => prices.find({ provider, model, at })?.prices ?? null,
      );
      if (JSON.stringify(before) === JSON.stringify(now)) continue;
      const state = before === null ? 'missing' : now === null ? 'removed' : 'changed';
      found.push({ provider, model, state });
    }
  }
  return found;
}

const HEADINGS: ReadonlyArray<readonly [OutdatedModel['state'], string]> = [
  ['changed', 'Prices have changed'],
  ['missing', 'Models without a price in the installed table'],
  ['removed', 'Models that are no longer listed'],
];

function describe(name: string, models: readonly OutdatedModel[]): string {
  if (models.length === 0) return `Up to date: ${name}.\n`;
  const lines = [`Outdated: ${name}.`];
  for (const [state, heading] of HEADINGS) {
    const names = models.filter((one) => one.state === state);
    if (names.length === 0) continue;
    lines.push('', `${heading} (${names.length}):`);
    for (const { provider, model } of names) lines.push(`  ${provider} ${model}`);
  }
  lines.push('', 'Run "npm update @pydantic/genai-prices", or set pricing.refresh.', '');
  return lines.join('\n');
}

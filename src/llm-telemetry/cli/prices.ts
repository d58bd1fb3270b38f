import { parseArgs } from 'node:util';
import { GenaiPrices, tableModels, tableProviders } from '../pricing/genai-prices.provider.js';
import type { Overrides } from '../pricing/overrides.js';
import { PriceFile } from '../pricing/price-file.js';
import type { FoundPrices, ModelPrices, Price } from '../pricing/pricing.options.js';
import { USAGE_ROWS } from '../wire/usage.js';
import { knownMultipliers } from '../pricing/multipliers.js';
import { problemsInOverrides } from '../pricing/pricing.schema.js';
import { nearNames } from '../validation/message-text.js';
import { formatExactUsd } from '../units/format.js';

export const USAGE = `Usage: nestjs-llm-telemetry prices [model] [options]

Prints the price of a model and its source; without a model, all models with a price.

  --provider <name>   Provider as in gen_ai.provider.name: ${tableProviders().slice(0, 3).join(', ')}, …
  --file <path>       Price file of the application (pricing.file).
  --date <date>       Date of the price, such as 2026-01-31 (default: today).
  --json              Print JSON.
  --outdated          Compare the installed price table with the published one (sends one request).

Exit codes: 1 if there is no price, 2 if an argument is invalid. With --outdated: 1 if prices are outdated, 2 if the
published table cannot be loaded.
`;

/** Output and exit code of a command. */
export interface CommandResult {
  readonly code: 0 | 1 | 2;
  readonly stdout: string;
  readonly stderr: string;
}

interface PriceQuery {
  /** `null` for any provider. */
  readonly provider: string | null;
  readonly at: Date;
  readonly file: Overrides | null;
}

/**
 * Returns the line of an error, with its stable code: `error LLM_TELEMETRY_INVALID_ARGUMENT: …`. Errors without a code
 * of the library, such as those of `parseArgs`, are about arguments.
 */
export function errorText(error: unknown): string {
  const { code, message } = error as Error & { readonly code?: unknown };
  const ours = typeof code === 'string' && code.startsWith('LLM_TELEMETRY_');
  return `error ${ours ? code : 'LLM_TELEMETRY_INVALID_ARGUMENT'}: ${message}\n`;
}

/** Runs the command `prices`. Never throws. */
export function prices(args: readonly string[]): CommandResult {
  let query: PriceQuery;
  let model: string | undefined;
  let asJson: boolean;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        provider: { type: 'string' },
        file: { type: 'string' },
        date: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    if (positionals.length > 1)
      throw new TypeError(`Expected one model, received ${positionals.join(', ')}.`);
    [model] = positionals;
    asJson = values.json;
    query = {
      provider: parseProvider(values.provider),
      at: parseDate(values.date),
      file: values.file === undefined ? null : readOverrides(values.file),
    };
  } catch (error) {
    return { code: 2, stdout: '', stderr: `${errorText(error)}\n${USAGE}` };
  }
  if (model === undefined) return list(query, asJson);
  const result = find(model, query);
  if (result) return success(asJson ? `${JSON.stringify(result, null, 2)}\n` : describe(result));
  return unknownModel(model, query, asJson);
}

interface PriceResult {
  readonly model: string;
  /** `null` for an override that applies to every provider. */
  readonly provider: string | null;
  /** Date (UTC), such as `2026-01-31`. */
  readonly date: string;
  readonly pricedAs: string;
  readonly pricedFrom: string;
  readonly prices: ModelPrices;
  readonly multipliers: Readonly<Record<string, number>>;
}

const table = new GenaiPrices();

function find(model: string, { provider, at, file }: PriceQuery): PriceResult | null {
  const candidates = provider === null ? tableProviders() : [provider];
  for (const candidate of candidates) {
    const own = file?.find({ provider: candidate, model });
    if (own)
      return resultOf(
        model,
        own.pricedAs.startsWith(`${candidate}/`) ? candidate : provider,
        at,
        own,
        candidate,
      );
  }
  for (const candidate of candidates) {
    const found = table.find({ provider: candidate, model, at });
    if (found) return resultOf(model, candidate, at, found, candidate);
  }
  return null;
}

function resultOf(
  model: string,
  provider: string | null,
  at: Date,
  found: FoundPrices,
  multipliersOf: string,
): PriceResult {
  const { pricedAs, pricedFrom, prices: priced } = found;
  const multipliers = knownMultipliers(multipliersOf, found);
  return {
    model,
    provider,
    date: at.toISOString().slice(0, 10),
    pricedAs,
    pricedFrom,
    prices: priced,
    multipliers,
  };
}

function describe({
  model,
  provider,
  date,
  pricedAs,
  pricedFrom,
  prices: priced,
  multipliers,
}: PriceResult): string {
  const rows = rowsOf(priced);
  const width = Math.max(...rows.map(([kind]) => kind.length));
  const tiers = Object.entries(multipliers).map(([name, factor]) => `${name} × ${Number(factor.toFixed(4))}`);
  return [
    `${model} (${provider ?? 'any provider'}), on ${date}`,
    '',
    ...rows.map(([kind, price]) => `  ${kind.padEnd(width)}  ${price}`),
    ...(tiers.length > 0 ? ['', `  Token price multipliers: ${tiers.join(', ')}`] : []),
    '',
    `Source: ${pricedFrom}, listed as ${pricedAs}.`,
    '',
  ].join('\n');
}

function rowsOf({ tools, ...priced }: ModelPrices): Array<[kind: string, price: string]> {
  const rows: Array<[string, string]> = [];
  for (const [kind, price] of Object.entries(priced) as Array<[string, Price | undefined]>) {
    if (price !== undefined) rows.push([kind, `${priceText(price)} ${UNITS[kind] ?? 'per million tokens'}`]);
  }
  for (const [tool, price] of Object.entries(tools ?? {}))
    rows.push([tool, `${formatExactUsd(price)} per thousand`]);
  return rows;
}

const UNITS: Readonly<Record<string, string>> = Object.fromEntries(
  USAGE_ROWS.flatMap(({ kind, price }) => {
    if (price === null || !(kind === 'seconds' || kind === 'uses')) return [];
    return [[price, kind === 'seconds' ? 'per hour' : 'per thousand']];
  }),
);

function priceText(price: Price): string {
  if (typeof price === 'number') return formatExactUsd(price);
  const tiers = price.tiers.map(
    (tier) => `, above ${tier.above.toLocaleString('en-US')} input tokens ${formatExactUsd(tier.price)}`,
  );
  return formatExactUsd(price.base) + tiers.join('');
}

function list(query: PriceQuery, asJson: boolean): CommandResult {
  const results: PriceResult[] = [];
  for (const name of query.file?.names ?? []) {
    const slash = name.indexOf('/');
    const isOfProvider = slash > 0 && tableProviders().includes(name.slice(0, slash));
    const found = isOfProvider
      ? find(name.slice(slash + 1), { ...query, provider: name.slice(0, slash) })
      : find(name, query);
    if (found) results.push(found);
  }
  for (const provider of query.provider === null ? tableProviders() : [query.provider]) {
    for (const model of tableModels(provider)) {
      const found = table.find({ provider, model, at: query.at });
      if (found) results.push(resultOf(model, provider, query.at, found, provider));
    }
  }
  if (asJson) return success(`${JSON.stringify(results, null, 2)}\n`);
  const rows = results.map(({ provider, model, prices }) => [
    provider ?? 'any',
    model,
    prices.input === undefined ? priceWithoutTokens(prices) : priceText(prices.input),
    prices.output === undefined ? '–' : priceText(prices.output),
  ]);
  return success(align([['provider', 'model', 'input', 'output'], ...rows]));
}

/** Returns the first price of a model that is not billed by tokens, with its unit. */
function priceWithoutTokens(prices: ModelPrices): string {
  for (const { price, kind, label } of USAGE_ROWS) {
    const usd = price === null ? undefined : prices[price];
    if (usd !== undefined)
      return `${priceText(usd)} per ${kind === 'seconds' ? 'hour' : `1,000 ${label.toLowerCase()}`}`;
  }
  return '–';
}

function align(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** Suggests similar names. The price of a similar name is never used. */
function unknownModel(model: string, { provider, file }: PriceQuery, asJson: boolean): CommandResult {
  const names = [
    ...(file?.names ?? []),
    ...(provider === null ? tableProviders() : [provider]).flatMap((name) => tableModels(name)),
  ];
  const near = nearNames(model, names);
  const at = provider === null ? '' : ` at ${provider}`;
  const hint = near.length > 0 ? ` Similar names: ${near.join(', ')}.` : '';
  return {
    code: 1,
    stdout: asJson ? `${JSON.stringify({ model, provider, prices: null, near }, null, 2)}\n` : '',
    stderr: `No price for ${model}${at}: the cost of its calls is unknown. Add the price to pricing.overrides or pricing.file.${hint}\n`,
  };
}

function success(stdout: string): CommandResult {
  return { code: 0, stdout, stderr: '' };
}

function parseProvider(name: string | undefined): string | null {
  if (name === undefined) return null;
  if (tableProviders().includes(name)) return name;
  throw new TypeError(
    `--provider must be one of ${tableProviders().join(', ')}, received ${JSON.stringify(name)}.`,
  );
}

function parseDate(day: string | undefined): Date {
  if (day === undefined) return new Date();
  const at = new Date(`${day}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(at.getTime()))
    throw new TypeError(`--date must be a date such as 2026-01-31, received ${JSON.stringify(day)}.`);
  return at;
}

function readOverrides(path: string): Overrides {
  const file = new PriceFile(path, problemsInOverrides);
  file.close();
  return file.overrides;
}

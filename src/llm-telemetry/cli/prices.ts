import { parseArgs } from 'node:util';
import { GenaiPrices, tableModels, tableProviders } from '../pricing/genai-prices.provider.js';
import type { Overrides } from '../pricing/overrides.js';
import { PriceFile } from '../pricing/price-file.js';
import type { FoundPrices, ModelPrices, Price } from '../pricing/price-provider.js';
import { USAGE_ROWS } from '../wire/usage.js';
import { knownMultipliers } from '../pricing/service-tiers.js';
import { problemsInOverrides } from '../pricing/pricing.schema.js';
import { nearNames } from '../validation/near-names.js';

export const USAGE = `Usage: nestjs-llm-telemetry prices [model] [options]

Prints what a model costs here, and where that comes from; without a model, all that have a price.

  --provider <name>   as in gen_ai.provider.name: ${tableProviders().slice(0, 3).join(', ')}, …
  --file <path>       the application's pricing.file
  --date <day>        as of that day (2026-01-31) instead of today
  --json              for programs

Exits with 1 where there is no price, and with 2 where the command is wrong.
`;

/** What a command prints, and its exit code. */
export interface CommandResult {
  readonly code: 0 | 1 | 2;
  readonly stdout: string;
  readonly stderr: string;
}

interface Question {
  /** `null`: any. */
  readonly provider: string | null;
  readonly at: Date;
  readonly file: Overrides | null;
}

/** The command `prices`. Never throws. */
export function prices(args: readonly string[]): CommandResult {
  let question: Question;
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
    if (positionals.length > 1) throw new TypeError(`one model, not ${positionals.join(' and ')}.`);
    [model] = positionals;
    asJson = values.json;
    question = {
      provider: checkedProvider(values.provider),
      at: dayOf(values.date),
      file: values.file === undefined ? null : overridesIn(values.file),
    };
  } catch (error) {
    return { code: 2, stdout: '', stderr: `${(error as Error).message}\n\n${USAGE}` };
  }
  if (model === undefined) return list(question, asJson);
  const answer = find(model, question);
  if (answer) return done(asJson ? `${JSON.stringify(answer, null, 2)}\n` : describe(answer));
  return unknownModel(model, question, asJson);
}

interface Answer {
  readonly model: string;
  /** `null`: an override, which holds for every provider. */
  readonly provider: string | null;
  /** The day, UTC. */
  readonly date: string;
  readonly pricedAs: string;
  readonly pricedFrom: string;
  readonly prices: ModelPrices;
  readonly multipliers: Readonly<Record<string, number>>;
}

const table = new GenaiPrices();

function find(model: string, { provider, at, file }: Question): Answer | null {
  const asked = provider === null ? tableProviders() : [provider];
  for (const one of asked) {
    const own = file?.find({ provider: one, model });
    if (own) return answer(model, own.pricedAs.startsWith(`${one}/`) ? one : provider, at, own, one);
  }
  for (const one of asked) {
    const found = table.find({ provider: one, model, at });
    if (found) return answer(model, one, at, found, one);
  }
  return null;
}

function answer(
  model: string,
  provider: string | null,
  at: Date,
  found: FoundPrices,
  multipliersOf: string,
): Answer {
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
}: Answer): string {
  const rows = rowsOf(priced);
  const width = Math.max(...rows.map(([kind]) => kind.length));
  const tiers = Object.entries(multipliers).map(([name, factor]) => `${name} × ${Number(factor.toFixed(4))}`);
  return [
    `${model} (${provider ?? 'any provider'}), on ${date}`,
    '',
    ...rows.map(([kind, price]) => `  ${kind.padEnd(width)}  ${price}`),
    ...(tiers.length > 0 ? ['', `  Prices of tokens: ${tiers.join(', ')}`] : []),
    '',
    `Found as ${pricedAs} in ${pricedFrom}.`,
    '',
  ].join('\n');
}

function rowsOf({ tools, ...priced }: ModelPrices): Array<[kind: string, price: string]> {
  const rows: Array<[string, string]> = [];
  for (const [kind, price] of Object.entries(priced) as Array<[string, Price | undefined]>) {
    if (price !== undefined) rows.push([kind, `${words(price)} ${UNITS[kind] ?? 'per million tokens'}`]);
  }
  for (const [tool, price] of Object.entries(tools ?? {})) rows.push([tool, `${usd(price)} per thousand`]);
  return rows;
}

const UNITS: Readonly<Record<string, string>> = Object.fromEntries(
  USAGE_ROWS.flatMap(({ kind, price }) => {
    if (price === null || !(kind === 'seconds' || kind === 'uses')) return [];
    return [[price, kind === 'seconds' ? 'per hour' : 'per thousand']];
  }),
);

function words(price: Price): string {
  if (typeof price === 'number') return usd(price);
  const tiers = price.tiers.map(
    (tier) => `, above ${tier.above.toLocaleString('en-US')} input tokens ${usd(tier.price)}`,
  );
  return usd(price.base) + tiers.join('');
}

function usd(price: number): string {
  const exact = String(Number(price.toFixed(6)));
  return `$${/\.\d$/.test(exact) ? `${exact}0` : exact}`;
}

function list(question: Question, asJson: boolean): CommandResult {
  const answers: Answer[] = [];
  for (const name of question.file?.names ?? []) {
    const slash = name.indexOf('/');
    const isOfProvider = slash > 0 && tableProviders().includes(name.slice(0, slash));
    const found = isOfProvider
      ? find(name.slice(slash + 1), { ...question, provider: name.slice(0, slash) })
      : find(name, question);
    if (found) answers.push(found);
  }
  for (const provider of question.provider === null ? tableProviders() : [question.provider]) {
    for (const model of tableModels(provider)) {
      const found = table.find({ provider, model, at: question.at });
      if (found) answers.push(answer(model, provider, question.at, found, provider));
    }
  }
  if (asJson) return done(`${JSON.stringify(answers, null, 2)}\n`);
  const rows = answers.map(({ provider, model, prices: { input, output, audioTime } }) => [
    provider ?? 'any',
    model,
    input === undefined ? `${words(audioTime!)} per hour` : words(input),
    output === undefined ? '–' : words(output),
  ]);
  return done(align([['provider', 'model', 'input', 'output'], ...rows]));
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

/** A name that is near is a hint for who has mistyped, and never a price. */
function unknownModel(model: string, { provider, file }: Question, asJson: boolean): CommandResult {
  const names = [
    ...(file?.names ?? []),
    ...(provider === null ? tableProviders() : [provider]).flatMap(tableModels),
  ];
  const near = nearNames(model, names);
  const at = provider === null ? '' : ` at ${provider}`;
  const hint = near.length > 0 ? ` Names that are near: ${near.join(', ')}.` : '';
  return {
    code: 1,
    stdout: asJson ? `${JSON.stringify({ model, provider, prices: null, near }, null, 2)}\n` : '',
    stderr: `There is no price for ${model}${at}: its calls cost “unknown”. Add it to pricing.overrides or pricing.file.${hint}\n`,
  };
}

function done(stdout: string): CommandResult {
  return { code: 0, stdout, stderr: '' };
}

function checkedProvider(name: string | undefined): string | null {
  if (name === undefined) return null;
  if (tableProviders().includes(name)) return name;
  throw new TypeError(`--provider ${name} is none of ${tableProviders().join(', ')}.`);
}

function dayOf(day: string | undefined): Date {
  if (day === undefined) return new Date();
  const at = new Date(`${day}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(at.getTime()))
    throw new TypeError(`--date ${day} is not a day such as 2026-01-31.`);
  return at;
}

function overridesIn(path: string): Overrides {
  const file = new PriceFile(path, problemsInOverrides);
  file.close();
  return file.overrides;
}

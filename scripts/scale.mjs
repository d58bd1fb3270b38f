/**
 * Prints what calls cost at a scale: spend at providers by a mix of models, size and load of the stores, and series. Prices
 * are those of the installed table; the size of a call is what the bench measured last (see docs/scale.md).
 *
 *     node scripts/scale.mjs                                  a million and a billion calls a day
 *     node scripts/scale.mjs --calls 5000000 --instances 20   another service
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { calcPrice } from '@pydantic/genai-prices';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', multiple: true, default: ['1000000', '1000000000'] },
    days: { type: 'string', default: '30' },
    instances: { type: 'string', default: '20' },
    features: { type: 'string', default: '50' },
    models: { type: 'string', default: '3' },
    tenants: { type: 'string', default: '500' },
  },
});
const [days, instances, features, models, tenants] = [
  values.days,
  values.instances,
  values.features,
  values.models,
  values.tenants,
].map(Number);

/** Share of calls, and their tokens. */
const MIX = [
  { provider: 'openai', model: 'gpt-4o-mini', share: 0.7, input: 600, output: 150 },
  { provider: 'anthropic', model: 'claude-haiku-4-5', share: 0.2, input: 1500, output: 300 },
  { provider: 'anthropic', model: 'claude-sonnet-4-6', share: 0.1, input: 4000, output: 600 },
];

const measured = (kind) =>
  JSON.parse(readFileSync(new URL(`../bench/store/results/${kind}.json`, import.meta.url), 'utf8')).numbers;
const STORES = { PostgreSQL: measured('postgres'), ClickHouse: measured('clickhouse') };
/** Rollup lengths in days, with the days that they are kept. */
const LENGTHS = [
  [1 / 1440, 4],
  [1 / 96, 32],
  [1 / 24, 100],
  [1 / 4, 400],
  [1, 400],
];
/** Estimated from the columns: 25 sums, two histograms, key and index. */
const BYTES_PER_ROLLUP = 500;

const usdPerCall = (entry) => {
  const usage = { input_tokens: entry.input, output_tokens: entry.output };
  return calcPrice(usage, entry.model, { providerId: entry.provider }).total_price;
};
const number = (value) => value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : 0 });
const usd = (value) => `$${number(value)}`;
const bytes = (value) => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const unit = Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${number(value / 1000 ** unit)} ${units[unit]}`;
};

for (const calls of values.calls.map(Number)) {
  const perSecond = calls / 86_400;
  console.log(`${number(calls)} calls a day, ${number(perSecond)} a second\n`);
  let spend = 0;
  for (const entry of MIX) {
    const month = usdPerCall(entry) * entry.share * calls * 30;
    spend += month;
    console.log(
      `  ${entry.model.padEnd(18)} ${(entry.share * 100).toFixed(0).padStart(3)} % of calls  ${usd(month)} a month`,
    );
  }
  console.log(`  ${'providers'.padEnd(18)} ${'100'.padStart(3)} % of calls  ${usd(spend)} a month\n`);
  for (const [store, { bytesPerCall, guaranteedIntake }] of Object.entries(STORES)) {
    const size = bytes(bytesPerCall * calls * days);
    const share = `${number((100 * perSecond) / guaranteedIntake)} % of the guaranteed intake`;
    console.log(`  ${store.padEnd(18)} ${size} for ${days} days, ${share}`);
  }
  const series = features * models;
  const rollups = LENGTHS.reduce((sum, [length, kept]) => sum + kept / length, 0) * series;
  const groups = LENGTHS.slice(2).reduce((sum, [length, kept]) => sum + kept / length, 0) * tenants;
  console.log(
    `  ${'rollups'.padEnd(18)} at most ${bytes((rollups + groups) * BYTES_PER_ROLLUP)}: ${number(series)} series of models, ${number(tenants)} tenants`,
  );
  console.log(
    `  ${'outbox'.padEnd(18)} ${number((256 * 1024 ** 2) / 990 / (perSecond / instances) / 60)} minutes without the database, of ${instances} instances\n`,
  );
}

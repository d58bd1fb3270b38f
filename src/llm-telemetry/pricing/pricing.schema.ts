import { DAY, HOUR } from '../units/time.js';
import { isObject, PATH, problemsIn, type Problem } from '../validation/problems.js';
import {
  checked,
  chosen,
  listOf,
  number,
  objectOf,
  oneOf,
  optional,
  recordOf,
  text,
  value,
  type Schema,
} from '../validation/schema.js';
import { USAGE_ROWS, type UsagePriceName } from '../wire/usage.js';
import type { OverridePrices, PriceProvider, PricingOptions, TieredPrice } from './pricing.options.js';

/** USD. Above every published price, and within the range of exact arithmetic. */
const MAX_USD = 1000;
const MIN_USD = 0.000001;

const usd = number(
  `a price in USD: 0, or a number from ${MIN_USD.toFixed(6)} to ${MAX_USD}`,
  (price) => price === 0 || (price >= MIN_USD && price <= MAX_USD),
);

const multiplier = number(
  'a multiplier: 0, or a number up to 100',
  (factor) => factor === 0 || (factor >= MIN_USD && factor <= 100),
);

const tieredPrice = objectOf<TieredPrice>({
  base: usd,
  tiers: listOf(
    objectOf<TieredPrice['tiers'][number]>(
      {
        above: number('a number of tokens', (tokens) => Number.isSafeInteger(tokens) && tokens >= 0),
        price: usd,
      },
      'an object such as { above: 200000, price: 6 }',
    ),
    'a list of { above, price }',
  ),
});

const price = chosen((input) => (isObject(input) ? tieredPrice : usd));

const partPrices = Object.fromEntries(
  USAGE_ROWS.flatMap(({ price: name }) => (name === null ? [] : [[name, optional(price)]])),
) as Record<UsagePriceName, Schema>;

const modelPrices = objectOf<OverridePrices>(
  {
    ...partPrices,
    input: price,
    output: price,
    tools: optional(recordOf(usd, 'an object of prices by tool')),
    multipliers: optional(recordOf(multiplier, 'an object of multipliers by service tier')),
  },
  'an object of prices such as { input: 2, output: 8 }',
);

const overrides = recordOf(modelPrices, 'an object of prices by model name');

/** Validates price overrides, from the option or from a price file. */
export function problemsInOverrides(given: unknown): readonly Problem[] {
  return problemsIn(overrides, given);
}

/** `host` or `host:port`, with IPv6 addresses in brackets. */
const HOST = /^(?:[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?|\[[0-9a-f:.]{2,45}\])(?::[1-9]\d{0,4})?$/i;
/** As in `gen_ai.provider.name`. */
const PROVIDER_NAME = /^[\w.-]{1,64}$/;
const MAX_HOSTS = 1000;

const hosts = checked<Readonly<Record<string, string>>>(
  recordOf(
    value(
      `a provider name such as "vllm", or "native"`,
      (input) => typeof input === 'string' && PROVIDER_NAME.test(input),
    ),
    'an object of provider names by host',
  ),
  (given) => {
    const names = Object.keys(given);
    if (names.length > MAX_HOSTS)
      return [{ message: `${PATH} must have at most ${MAX_HOSTS} hosts, received ${names.length}.` }];
    return names
      .filter((name) => !HOST.test(name))
      .map((name) => ({
        message: `${PATH} is not a host. Use a host or host:port without scheme and path, such as "llm.internal:8080".`,
        at: [name],
      }));
  },
);

export const pricingSchema = objectOf<PricingOptions>({
  overrides: optional(overrides),
  file: optional(text('a file path')),
  fallback: optional(oneOf(['vendor'])),
  refresh: optional(
    objectOf<NonNullable<PricingOptions['refresh']>>(
      {
        everyMs: number(
          'milliseconds from 3600000 (an hour) to 2073600000 (24 days)',
          // Timers of Node.js have less than 25 days.
          (ms) => ms >= HOUR && ms <= 24 * DAY,
        ),
      },
      'an object such as { everyMs: 86400000 }',
    ),
  ),
  hosts: optional(hosts),
  provider: optional(
    value(
      'an object with a find method',
      (input) => isObject(input) && typeof (input as Partial<PriceProvider>).find === 'function',
    ),
  ),
});

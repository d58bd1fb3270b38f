import type { Given } from './given.js';

/** One case: fails by an error. */
export type Case = (given: Given) => Promise<void>;

/** The names of all cases by area. They are apart from the cases, which are loaded when the first of an area runs. */
export const CASE_NAMES = {
  recording: [
    'returns no calls, no errors and one group of zeros while it is empty',
    'returns a call once flush has resolved, and counts it in measures',
    'returns complete records, equal to those that were recorded',
    'returns each call once if thousands are recorded at once',
    'returns consistent pages and sums while calls are recorded',
    'counts every recorded call as written, waiting or dropped',
    'does not throw for a record that cannot be stored, and keeps the others',
    'reports the number, the oldest and the newest of its calls',
    'does not throw after it was closed, rejects queries, and counts later calls as dropped',
    'gives each call a UUID of version 7 whose time is its end, also to calls of one millisecond',
    'returns a call by its id, with the ids of the calls before and after it',
    'returns null for an id that no call has',
    'survives calls whose clock is wrong by years, and durations that are not numbers',
    'finds calls by names with quotes, NUL, lone surrogates and 100,000 characters, and only those',
    'counts calls of more names than it lists without changing a sum',
  ],
  lists: [
    'lists calls with all fields',
    'lists the calls that match a filter of names, the latest or the oldest first',
    'lists the calls that match a filter of outcomes, retries or reasons of unknown costs',
    'sorts by duration, cost and tokens, and lists calls without a value last',
    'pages through any list without losing or repeating a call',
    'pages through calls without repeating one while later calls are added',
    'includes the start of a range and excludes its end',
    'reports how far it has searched',
    'rejects invalid lists with a StoreQueryError',
  ],
  text: ['finds calls by a text that any string of the record contains'],
  measures: [
    'measures all calls of a range, widened to whole minutes',
    'measures calls by each dimension, and by several',
    'measures calls that match a filter',
    'measures over time in buckets of any length, also of the days of a time zone',
    'matches the versions of a model by its name without a version',
    'merges the versions of a model with their quantiles',
    'limits buckets to the top groups, and adds up the others',
    'measures calls without a route or a tenant as the remainder',
    'measures by user and by pairs with a route or a tenant from the calls',
    'returns quantiles within 1 % of the exact values',
    'adds a thousand costs of 10⁻¹² USD and sums above $9,000 without rounding',
    'adds ten million dollars of one series, and fractions of milliseconds, without rounding',
    'includes the current minute',
    'sorts groups by cost, then by calls',
    'counts errors of calls and attempts by type, with the retries after them',
    'lists models without a price, the most used first',
    'rejects invalid measures with a StoreQueryError',
  ],
  batches: [
    'remembers which items of a batch were recorded, and who created it',
    'has no new items of a completed batch',
    'replaces the sum of a batch by its items, and accepts no sum after an item',
  ],
  origins: [
    'lists and measures calls by service, version, environment and instance',
    'finds calls whose origin is unknown',
  ],
  sharing: [
    'returns the calls of a store that was closed',
    'returns calls that another store records, under unique ids',
    'shares claims of batches with other stores',
  ],
} as const;

export type Area = keyof typeof CASE_NAMES;

/** The cases of an area: one for each name. */
export type CasesOf<Of extends Area> = Readonly<Record<(typeof CASE_NAMES)[Of][number], Case>>;

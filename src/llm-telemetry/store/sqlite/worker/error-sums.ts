/** Sums per error type: columns of the table `error`. Money is in whole units (`units/usd.ts`). */
export const ERROR_SUMS = [
  'calls',
  'attempts',
  'retries',
  'retriedCalls',
  'recoveredCalls',
  'retryTimeMs',
  'retryCostUnits',
] as const;

export type ErrorSums = Record<(typeof ERROR_SUMS)[number], number>;

export function noErrorSums(): ErrorSums {
  return {
    calls: 0,
    attempts: 0,
    retries: 0,
    retriedCalls: 0,
    recoveredCalls: 0,
    retryTimeMs: 0,
    retryCostUnits: 0,
  };
}

/**
 * CI runs on a machine that others use too, and that stands still for seconds at times: there a test that has failed is
 * tried once more, and what it said is shown all the same. Elsewhere it fails at once.
 */
if (process.env['CI']) import.meta.jest.retryTimes(1, { logErrorsBeforeRetry: true });

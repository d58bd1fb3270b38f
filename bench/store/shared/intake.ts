import type { Setting } from './setting.js';

/** Calls per second at which the processor time of the server is judged. */
const RATE = 20_000;

/** Fills the database with calls of the last 30 days, with all writers and as fast as possible. */
export async function fill(setting: Setting): Promise<void> {
  const { database, writers, extent, limits, report, now } = setting;
  const { calls } = extent;
  const start = performance.now();
  const share = calls / writers.length;
  const results = await Promise.all(
    writers.map((writer, index) => {
      const [from, to] = [Math.round(index * share), Math.round((index + 1) * share)];
      return writer.do('fill', { from, to, calls, now });
    }),
  );
  setting.count(results);
  const seconds = (performance.now() - start) / 1000;
  await database.compacted();
  await database.maintain();
  const difference = await setting.difference();
  const perSecond = Math.round(calls / seconds).toLocaleString('en-US');
  report.expect(
    'filled as fast as possible',
    `${calls.toLocaleString('en-US')} calls, ${perSecond}/s, totals ${difference ?? 'exact'}`,
    'exact',
    difference === null,
  );
  const bytes = await database.bytesOfCalls();
  report.numbers.bytesPerCall = Math.round(bytes / calls);
  report.atMost('bytes per call with indexes', bytes / calls, limits.bytesPerCall, '');
  const { bytes: all } = await setting.reader.status();
  report.atMost('rollups and the rest', (all - bytes) / 1e6, null, 'MB');
}

/** Records calls that end now with all writers, from `CallStore.record` until all are in the database. */
export async function intake(setting: Setting): Promise<void> {
  const { database, writers, extent, limits, report } = setting;
  const { rate, seconds } = extent;
  const start = performance.now();
  // Calls start at whole milliseconds, so they end up to a half earlier.
  const startedAt = Date.now() - 2;
  const before = database.processorMs();
  const results = await Promise.all(
    writers.map((writer) => writer.do('record', { rate: rate / writers.length, seconds })),
  );
  await setting.flushAll();
  const calls = setting.count(results);
  const elapsed = (performance.now() - start) / 1000;
  await database.compacted();
  const after = database.processorMs();
  const stored = await database.storedSince(startedAt);
  const difference = await setting.difference();
  report.atLeast(`intake, ${writers.length} writers`, calls / elapsed, limits.intake, 'calls/s');
  report.expect(
    'totals of the intake',
    difference ?? (stored.ids === calls ? 'exact' : `${stored.ids} of ${calls} calls`),
    'exact',
    difference === null && stored.calls === calls && stored.ids === calls,
  );
  const cores = before === null || after === null ? null : (((after - before) / calls) * RATE) / 1000;
  report.atMost('processor time of the server at 20,000 calls/s', cores, limits.serverCores, 'cores', 2);
}

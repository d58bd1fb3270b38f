import { setTimeout as sleep } from 'node:timers/promises';
import type { Setting } from './setting.js';
import { DAY } from './times.js';

const MARK_INTERVAL_MS = 50;
const POLL_MS = 20;
const MARKED_TENANT = 'seen-elsewhere';
/** Calls per second of each writer. */
const OTHER_CALLS = 100;
const CALLS_WHILE_AWAY = 250;
const KILLS = 3;
const THREAD_CALLS = 10_000;
const INSTANCES = 20;
const CLAIMING_PROCESSES = 4;

/** Measures how long it takes until another instance can read a call, while all writers record. */
export async function seenElsewhere(setting: Setting): Promise<void> {
  const { writers, reader, extent, limits, report } = setting;
  const [marker, ...others] = writers as [(typeof writers)[0], ...typeof writers];
  const from = Date.now() - 1;
  const recording = others.map((writer) => writer.do('record', { rate: OTHER_CALLS, seconds: Infinity }));
  const marking = marker.do('mark', {
    calls: extent.marks,
    intervalMs: MARK_INTERVAL_MS,
    tenantId: MARKED_TENANT,
  });
  const seen = new Map<string, number>();
  const deadline = performance.now() + extent.marks * MARK_INTERVAL_MS + 60_000;
  while (seen.size < extent.marks && performance.now() < deadline) {
    const { calls } = await reader.calls({
      range: { from, to: from + DAY },
      where: { tenant: [MARKED_TENANT] },
      limit: 200,
    });
    const now = Date.now();
    for (const { traceId } of calls) if (!seen.has(traceId!)) seen.set(traceId!, now);
    await sleep(POLL_MS);
  }
  for (const writer of others) await writer.do('stop', null);
  const marked = await marking;
  setting.count([marked, ...(await Promise.all(recording))]);
  const delays = marked.marks
    .map(([traceId, at]) => (seen.get(traceId) ?? Infinity) - at)
    .sort((one, other) => one - other);
  const p99 = delays[Math.ceil(0.99 * delays.length) - 1]!;
  report.atMost('seen on another instance, P99', p99 / 1000, limits.seenMs / 1000, 's', 2);
}

/** Ends the server with SIGKILL three times, and then for longer, while all writers record. */
export async function outages(setting: Setting): Promise<void> {
  const { database, writers, extent, report } = setting;
  const { killSeconds, awaySeconds } = extent;
  await setting.flushAll();
  // Otherwise the server would recover from the log of everything before.
  await database.maintain();
  const startedAt = Date.now() - 2;
  const recording = writers.map((writer) =>
    writer.do('record', { rate: CALLS_WHILE_AWAY, seconds: Infinity }),
  );
  for (let kill = 0; kill <= KILLS; kill++) {
    await sleep(killSeconds * 1000);
    await database.kill();
    await sleep((kill < KILLS ? killSeconds : awaySeconds) * 1000);
    await database.resume();
  }
  const resumed = performance.now();
  for (const writer of writers) await writer.do('stop', null);
  const calls = setting.count(await Promise.all(recording));
  await setting.flushAll();
  const seconds = (performance.now() - resumed) / 1000;
  const stored = await database.storedSince(startedAt);
  const difference = await setting.difference();
  report.expect(
    `server killed ${KILLS}×, then away`,
    `${calls - stored.ids} lost, ${stored.calls - stored.ids} twice, totals ${difference ?? 'exact'}; ` +
      `away ${awaySeconds} s, caught up in ${seconds.toFixed(1)} s`,
    '0 lost, 0 twice',
    stored.calls === calls && stored.ids === calls && difference === null,
  );
}

/** Compares the processor time of the application's thread with that of the store in a file. */
export async function threadTime(setting: Setting): Promise<void> {
  const { writers, extent, limits, report } = setting;
  const { sqliteUs, sharedUs, ...recorded } = await writers[0]!.do('thread', {
    calls: THREAD_CALLS,
    rounds: extent.threadRounds,
  });
  setting.count([recorded]);
  await setting.flushAll();
  report.atMost('application thread per call, SQLite', sqliteUs, null, 'µs', 1);
  report.atMost('application thread per call', sharedUs, sqliteUs * limits.threadTimes, 'µs', 1);
}

/** Lets instances claim the same changes of alerts. */
export async function alertChanges(setting: Setting): Promise<void> {
  const { writers, extent, report } = setting;
  const keys = Array.from({ length: extent.changes }, (_key, index) => `bench ${index}`);
  const notified = await Promise.all(
    writers
      .slice(0, CLAIMING_PROCESSES)
      .map((writer) => writer.do('claim', { instances: INSTANCES / CLAIMING_PROCESSES, keys })),
  );
  const sum = notified.reduce((all, count) => all + count, 0);
  report.expect(
    `alert changes, ${INSTANCES} instances`,
    `${keys.length} changes, notified ${sum} times`,
    'once each',
    sum === keys.length,
  );
}

/**
 * An instance of a service with a store of the built library in a shared database. Obeys the test by messages
 * (`test/support/fleet.ts`), and ends with it. `MEMBER`: its options.
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { LlmTelemetryAlerts } from '../../dist/modules/llm-telemetry/alerts/llm-telemetry-alerts.js';
import { Budgets } from '../../dist/modules/llm-telemetry/budgets/budgets.js';
import { StoreLedger } from '../../dist/modules/llm-telemetry/budgets/store-ledger.js';
import { SYSTEM_CLOCK } from '../../dist/modules/llm-telemetry/runtime/clock.js';
import { clickhouseStore } from '../../dist/modules/llm-telemetry/store/clickhouse/index.js';
import { postgresStore } from '../../dist/modules/llm-telemetry/store/postgres/index.js';
import { sharedSettings } from '../../dist/modules/llm-telemetry/store/thread/shared-settings.js';
import { ThreadedStore } from '../../dist/modules/llm-telemetry/store/thread/threaded-store.js';

/** Interval of continuous traffic, milliseconds. */
const TICK_MS = 20;

const { kind, options, name, outbox, record } = JSON.parse(process.env['MEMBER']);
const description = { postgres: postgresStore, clickhouse: clickhouseStore }[kind]({
  ...options,
  buffer: { path: outbox },
});
const origin = { service: 'orders', version: '1.0.0', environment: 'test', instance: name };
const own = { id: randomUUID(), ...origin, host: 'localhost', pid: process.pid, startedAt: Date.now() };
const log = {
  troubleChanged: (trouble) => process.send({ trouble: trouble?.reason ?? null }),
  warn: (warning) => process.send({ warning }),
};
const store = new ThreadedStore(sharedSettings(description, own), log, undefined, description.secrets);

const made = { calls: 0, units: 0 };
let traffic = null;

/** Records a call of another cost than its neighbors. */
function makeCall(differences = {}) {
  const millionths = (made.calls % 97) + 1;
  const { durationMs, attempts } = record;
  const cost = { ...attempts[0].cost, costUsd: millionths / 1e6 };
  store.record({
    ...record,
    startedAt: Date.now() - durationMs,
    feature: `feature-${made.calls % 7}`,
    cost: { source: 'table', costUsd: cost.costUsd },
    attempts: [{ ...attempts[0], cost }],
    ...differences,
  });
  made.calls++;
  made.units += millionths * 1e6;
}

/** Waits until the database has all calls. */
async function settle() {
  for (;;) {
    await store.flush();
    const { waiting } = await store.status();
    if (waiting === 0) return made;
    await turn();
  }
}

let alerts = null;
let now = 0;
/** Reports of notified changes that the database has not answered. */
const reports = new Set();

/** Evaluates at times that the test sets. `endsAtClaim`: the process kills itself when it is to notify a change to this state. */
function watch({ at, limits, disabled, endsAtClaim }) {
  now = at;
  const claimAlert = async (key, state) => {
    const claim = await store.fleet.claimAlert(key, state);
    if (claim === 'yours' && state === endsAtClaim) process.kill(process.pid, 'SIGKILL');
    return claim;
  };
  const alertNotified = (key, state) => {
    const report = store.fleet.alertNotified(key, state).finally(() => reports.delete(report));
    reports.add(report);
    return report;
  };
  alerts = new LlmTelemetryAlerts(
    { limits, disabled, onAlert: ({ key, state }) => process.send({ notified: `${key} ${state}` }) },
    {
      store,
      clock: { ...SYSTEM_CLOCK, now: () => now, elapsed: () => now },
      fleet: { ...store.fleet, claimAlert, alertNotified },
    },
  );
}

/** Makes calls that a budget admits, until it refuses all for `quietMs`. Returns what they cost together. */
async function spend({ budget, perSecond, callMs, costUsd, spreadUsd, quietMs }) {
  const ledger = new StoreLedger(store);
  const first = Promise.withResolvers();
  const shareBudget = async (request) => {
    const share = await store.fleet.shareBudget(request);
    first.resolve();
    return share;
  };
  const estimates = { ofRequest: () => costUsd };
  const budgets = new Budgets([budget], ledger, Date.now, estimates, { shareBudget });
  await budgets.onModuleInit();
  // On a busy machine, the start does not wait for it.
  await first.promise;
  const callName = { feature: 'orders', operation: 'summarize' };
  const result = { spentUsd: 0, admitted: 0, refused: 0, admitMs: [] };
  let admittedAt = performance.now();
  let inFlight = 0;
  const call = () => {
    const startedAt = performance.now();
    const verdict = budgets.admit(callName, {});
    const error = verdict.request ? verdict.request({}) : verdict;
    result.admitMs.push(performance.now() - startedAt);
    if (error !== null) return void result.refused++;
    admittedAt = performance.now();
    result.admitted++;
    inFlight++;
    setTimeout(
      () => {
        const usd = costUsd + (Math.random() * 2 - 1) * spreadUsd;
        result.spentUsd += usd;
        const cost = { ...record.attempts[0].cost, costUsd: usd };
        const ended = { ...record, ...callName, startedAt: Date.now() - callMs, durationMs: callMs };
        budgets.record({ ...ended, cost, attempts: [{ ...record.attempts[0], cost }] });
        store.record({ ...ended, cost, attempts: [{ ...record.attempts[0], cost }] });
        verdict.release();
        inFlight--;
      },
      callMs * (0.5 + Math.random()),
    );
  };
  let due = 0;
  let before = performance.now();
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const time = performance.now();
      due += ((time - before) * perSecond) / 1000;
      before = time;
      for (; due >= 1; due--) call();
      if (inFlight > 0 || time - admittedAt < quietMs) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  await budgets.stop();
  return result;
}

const COMMANDS = {
  record: async ({ count, differences }) => {
    for (let recorded = 0; recorded < count; recorded++) {
      makeCall(differences);
      if (recorded % 100 === 99) await turn();
    }
  },
  start: ({ perSecond }) => {
    traffic = setInterval(() => {
      for (let count = 0; count < (perSecond * TICK_MS) / 1000; count++) makeCall();
    }, TICK_MS);
  },
  stop: () => clearInterval(traffic),
  made: () => made,
  status: async () => {
    const { state, trouble, waiting, written, dropped } = await store.status();
    return { state, trouble: trouble?.reason ?? null, waiting, written, dropped };
  },
  /** Resolves when the outbox has all calls; the database need not respond. */
  flush: () => store.flush(),
  settle,
  watch,
  evaluate: async ({ at }) => {
    now = at;
    // On a busy machine, the store can be too slow for an evaluation.
    do await alerts.evaluate();
    while (alerts.list().evaluatedAt !== at);
    await turn();
    await Promise.all(reports);
  },
  spend,
  close: async () => {
    clearInterval(traffic);
    await store.close();
    process.exit();
  },
};

async function respond({ id, command, parameters }) {
  try {
    process.send({ id, result: (await COMMANDS[command](parameters)) ?? null });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
}

process.on('message', (message) => void respond(message));
process.once('disconnect', () => process.exit());

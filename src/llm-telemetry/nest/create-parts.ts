import { Logger } from '@nestjs/common';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import { StoreSink, type CallStore } from '../store/call-store.js';
import { isSharedStore } from '../store/shared-store.js';
import { sharedSettings } from '../store/thread/shared-settings.js';
import { type StoreLog, ThreadedStore } from '../store/thread/threaded-store.js';
import { workerFile } from '../store/thread/worker-client.js';
import { storeSettings } from '../store/sqlite/store-settings.js';
import { ownInstance } from '../store/core/instance.js';
import { loadOpenTelemetry } from '../runtime/open-telemetry.js';
import { serviceIdentity } from '../runtime/service-identity.js';
import type { BudgetLedger } from '../budgets/budget-ledger.js';
import { Budgets, SYNC_IN_FLEET_MS } from '../budgets/budgets.js';
import type { BudgetFleet } from '../budgets/fleet-share.js';
import { readCallCosts, StoreLedger } from '../budgets/store-ledger.js';
import { createPricer, estimateRequest, type Pricers } from '../pricing/pricer.js';
import type { CaptureWarnings } from './capture-warnings.js';
import type { PriceFile } from '../pricing/price-file.js';
import { installedPrices, loadBundledPrices } from '../pricing/installed-prices.js';
import { PriceRefresh } from '../pricing/price-refresh.js';
import { PriceTable } from '../pricing/price-table.js';
import { LlmTelemetryOptionsError } from '../validation/options-error.js';
import type { Exchange } from '../wire/exchanges/exchange.js';
import { HostProviders } from '../wire/dialects/host-providers.js';
import { loadWire } from '../wire/exchanges/load-at-start.js';
import { guard, reportFault } from '../wire/guard.js';
import { DISABLED, type InjectedRecorder } from './application.js';
import { ContentCapture } from '../calls/content.js';
import { CallRecorder } from '../calls/recorder.js';
import type { RecordSink } from '../calls/ports.js';
import type { CaptureCounts } from '../sinks/capture-counts.js';
import { CallbackSink } from '../sinks/callback.sink.js';
import { LogSink } from '../sinks/logs/log.sink.js';
import { MetricsSink } from '../sinks/metrics/metrics.sink.js';
import { SCOPE, semconvOf } from '../sinks/attributes.js';
import { SpanSink } from '../sinks/spans/span.sink.js';
import { DEFAULT_ERROR_STATUSES } from '../wire/finish-reason.js';

/** Creates the store of an application; `null` if it has none. */
export function createStore({
  enabled,
  store,
  service,
  budgets = [],
}: LlmTelemetryOptions): CallStore | null {
  if (enabled === false || store === false) return null;
  if (typeof store === 'object' && 'record' in store) return store;
  const logger = new Logger('LlmTelemetry');
  const reservedNames = {
    features: budgets.flatMap(({ feature }) => feature ?? []),
    tenants: budgets.flatMap(({ tenant }) => tenant ?? []),
  };
  const instance = ownInstance(serviceIdentity(service));
  const logOf = (recovered: string): StoreLog => ({
    troubleChanged: (trouble) => (trouble ? logger.warn(trouble.message) : logger.log(recovered)),
    warn: (message) => logger.warn(message),
  });
  if (isSharedStore(store)) {
    const log = logOf(
      `Store: the database ${store.where} and the outbox can be used again. Calls that waited are delivered.`,
    );
    const settings = sharedSettings(store, instance, reservedNames);
    return new ThreadedStore(settings, log, workerFile(), store.secrets);
  }
  const log = logOf(
    'Store: the file is available again. Calls that were buffered in memory are written to it.',
  );
  return new ThreadedStore({ ...storeSettings(store, reservedNames), instance }, log);
}

/** Creates the budgets of an application; `null` if it has none. */
export function createBudgets(
  options: LlmTelemetryOptions,
  store: CallStore | null,
  pricers: Pricers | null,
): Budgets | null {
  const { enabled, budgets = [], budgetLedger } = options;
  if (enabled === false || budgets.length === 0) return null;
  const past = store?.remembers === 'process' ? null : store;
  const ledger = budgetLedger ?? (past && new StoreLedger(past));
  if (!ledger)
    new Logger('LlmTelemetry').warn(
      'Budgets are not persisted: the store does not outlast the process and no budgetLedger is set, so spend resets on restart.',
    );
  const estimates = {
    ...(past && { history: () => readCallCosts(past, Date.now()) }),
    ...(pricers && {
      ofRequest: (exchange: Exchange) => estimateRequest(exchange, pricers.whatIf, Date.now()),
    }),
  };
  const fleet = budgetFleetOf(store, budgetLedger);
  const blocks = budgets.some(({ onExceed }) => onExceed === 'block');
  const isLedgerOfFleet = !budgetLedger && fleet === null && store?.remembers === 'fleet';
  const everyMs = isLedgerOfFleet && blocks ? SYNC_IN_FLEET_MS : undefined;
  return new Budgets(budgets, ledger, Date.now, estimates, fleet, everyMs);
}

/** Returns what grants shares of budgets: the application's ledger, or else the store; `null`: neither does. */
function budgetFleetOf(store: CallStore | null, ledger: BudgetLedger | undefined): BudgetFleet | null {
  const source = ledger ?? store?.fleet;
  return source?.shareBudget ? { shareBudget: (request) => source.shareBudget!(request) } : null;
}

/** Creates the pricers of an application; `null` if the module is disabled. */
export async function createPricers(
  { enabled, pricing }: LlmTelemetryOptions,
  warnings: CaptureWarnings,
): Promise<Pricers | null> {
  if (enabled === false) return null;
  const file = pricing?.file === undefined ? null : await openPriceFile(pricing.file, warnings);
  const onFault = (error: unknown): void => reportFault('finding a price', error);
  const onUnknown = (reason: string): void => guard('logging a warning', () => warnings.noPrice(reason));
  const table = pricing?.provider ? null : new PriceTable();
  const shared = { file, table: table ?? undefined, onFault };
  if (table) await loadBundledPrices();
  let refresh: PriceRefresh | null = null;
  return {
    calls: createPricer(pricing, { ...shared, onUnknown, onClose: () => refresh?.close() }),
    whatIf: createPricer(pricing, shared),
    table,
    start: () => {
      if (table === null) return;
      // In a turn of its own: loading blocks for some 20 ms. In tests, the first call loads it: Jest reports a failure if a
      // module is loaded after the last test.
      if (process.env['NODE_ENV'] !== 'test' && process.env['JEST_WORKER_ID'] === undefined)
        setImmediate(() => void guard('loading the price table', installedPrices)).unref();
      if (pricing?.refresh) refresh = startRefresh(table, pricing.refresh.everyMs, warnings);
    },
  };
}

function startRefresh(table: PriceTable, everyMs: number, warnings: CaptureWarnings): PriceRefresh {
  return new PriceRefresh(table, everyMs, (message, isLoaded) => {
    guard('logging a change of the price table', () => warnings.priceFileChanged(message, isLoaded));
  });
}

async function openPriceFile(path: string, warnings: CaptureWarnings): Promise<PriceFile> {
  // Loaded on demand: applications without a price file need neither the schema nor a JSON parser with positions.
  const { problemsInOverrides } = await import('../pricing/pricing.schema.js');
  const { PriceFile } = await import('../pricing/price-file.js');
  try {
    return new PriceFile(path, problemsInOverrides, (message, isReloaded) => {
      guard('logging a change of the price file', () => warnings.priceFileChanged(message, isReloaded));
    });
  } catch (error) {
    throw new LlmTelemetryOptionsError([(error as Error).message], { cause: error });
  }
}

/** Creates the recorder of an application with its pricer, sinks and budgets, and loads what its calls need. */
export async function createRecorder(
  options: LlmTelemetryOptions,
  warnings: CaptureWarnings,
  store: CallStore | null,
  budgets: Budgets | null,
  pricers: Pricers | null,
  counts: CaptureCounts,
): Promise<InjectedRecorder> {
  if (options.enabled === false || pricers === null) return DISABLED;
  const [{ trace }] = await Promise.all([loadOpenTelemetry(), loadWire()]);
  const { names, metrics } = semconvOf(options.semconv);
  const metricAttributes = new Set(options.metricAttributes);
  const errorStatuses = new Set(options.errorStatuses ?? DEFAULT_ERROR_STATUSES);
  const spans = new SpanSink(trace.getTracer(SCOPE), errorStatuses, names);
  const sinks: RecordSink[] = [
    new LogSink(),
    new MetricsSink(metrics ? names : null, metricAttributes),
    counts,
  ];
  if (store) sinks.push(new StoreSink(store));
  if (budgets) sinks.push(budgets);
  if (options.onCall) sinks.push(new CallbackSink((record) => options.onCall?.(record)));
  const content = options.content ? new ContentCapture(options.content) : null;
  return new CallRecorder(
    spans,
    pricers.calls,
    sinks,
    content,
    (name) => warnings.noAttempt(name),
    options.includeStreamUsage,
    budgets,
    errorStatuses,
    options.pricing?.hosts && new HostProviders(options.pricing.hosts),
    store?.batches,
  );
}

import { serviceIdentity } from '../runtime/service-identity.js';
import type { Provider } from '@nestjs/common';
import { CALL_RECORDER, isEnabled, type InjectedRecorder } from './application.js';
import { CALL_STORE, type CallStore } from '../store/call-store.js';
import type { Budgets } from '../budgets/budgets.js';
import { CALL_BUDGETS } from '../budgets/call-budgets.token.js';
import { CaptureCounts } from '../sinks/capture-counts.js';
import { MODULE_OPTIONS_TOKEN } from './llm-telemetry.module-definition.js';
import type { LlmTelemetryOptions } from './llm-telemetry.options.js';
import { shared, SharedParts } from './shared-parts.js';
import { CALL_PRICERS } from '../pricing/call-pricers.token.js';
import type { Pricers } from '../pricing/pricer.js';
import { Sessions } from '../dashboard/server/access/sessions.js';
import { LlmTelemetryAlerts } from '../alerts/llm-telemetry-alerts.js';
import { DASHBOARD_CLOCK, SYSTEM_CLOCK, type Clock } from '../runtime/clock.js';
import { NotifiedAlertsFile } from '../alerts/notifications/notified-alerts.js';
import { DashboardAddress } from '../dashboard/server/dashboard-address.js';
import { DashboardMount } from '../dashboard/server/dashboard.mount.js';
import {
  DASHBOARD_SETTINGS,
  dashboardSettings,
  isProduction,
  MOUNTED_BY_FIRST_IMPORT,
} from '../dashboard/server/settings/dashboard.settings.js';
import { CallExports, CallsEndpoints } from '../dashboard/server/endpoints/calls.endpoints.js';
import { MeasuresEndpoints } from '../dashboard/server/endpoints/measures.endpoints.js';
import { StatusEndpoints } from '../dashboard/server/endpoints/status.endpoints.js';
import { LiveFeed } from '../dashboard/server/live-feed.js';
import { LoginEndpoint } from '../dashboard/server/page/login.endpoint.js';
import { PageEndpoint } from '../dashboard/server/page/page.endpoint.js';
import { LlmTelemetryQueries } from '../analytics/llm-telemetry-queries.js';
import { SeparateInstances } from '../dashboard/server/separate-instances.js';
import { StatusReader } from '../dashboard/server/status-reader.js';
import type { Status } from '../dashboard/api/status.js';
import { UiAssets } from '../dashboard/server/page/ui-assets.js';

/** Providers of the alerts and of the dashboard. */
export const DASHBOARD_PROVIDERS: Provider[] = [
  {
    provide: DASHBOARD_SETTINGS,
    useFactory: ({ isFirst }: SharedParts, { dashboard }: LlmTelemetryOptions, recorder: InjectedRecorder) =>
      isFirst
        ? dashboardSettings(dashboard, {
            production: isProduction(process.env['NODE_ENV']),
            enabled: isEnabled(recorder),
          })
        : MOUNTED_BY_FIRST_IMPORT,
    inject: [SharedParts, MODULE_OPTIONS_TOKEN, CALL_RECORDER],
  },
  { provide: DASHBOARD_CLOCK, useValue: SYSTEM_CLOCK },
  shared(
    LlmTelemetryAlerts,
    (
      options: LlmTelemetryOptions,
      recorder: InjectedRecorder,
      store: CallStore | null,
      clock: Clock,
      budgets: Budgets | null,
    ) =>
      new LlmTelemetryAlerts(options.alerts, {
        service: serviceIdentity(options.service).name,
        store: isEnabled(recorder) ? store : null,
        past: store !== null && store.remembers !== 'process',
        budgets,
        clock,
        notified: store && new NotifiedAlertsFile(() => fileOf(store)),
        fleet: store?.fleet ?? null,
      }),
    [MODULE_OPTIONS_TOKEN, CALL_RECORDER, CALL_STORE, DASHBOARD_CLOCK, CALL_BUDGETS],
  ),
  LlmTelemetryQueries,
  DashboardMount,
  DashboardAddress,
  CallsEndpoints,
  MeasuresEndpoints,
  LoginEndpoint,
  PageEndpoint,
  StatusEndpoints,
  CallExports,
  LiveFeed,
  SeparateInstances,
  Sessions,
  {
    provide: StatusReader,
    useFactory: (
      { pricing, service }: LlmTelemetryOptions,
      counts: CaptureCounts,
      queries: LlmTelemetryQueries,
      feed: LiveFeed,
      pricers: Pricers | null,
      separate: SeparateInstances,
    ) => {
      const overrides = Object.keys(pricing?.overrides ?? {}).length;
      const prices = (): Status['prices'] => pricesOf(pricers, overrides);
      return new StatusReader(serviceIdentity(service), prices, counts, queries, feed, separate);
    },
    inject: [
      MODULE_OPTIONS_TOKEN,
      CaptureCounts,
      LlmTelemetryQueries,
      LiveFeed,
      CALL_PRICERS,
      SeparateInstances,
    ],
  },
  UiAssets,
];

/** Returns the path of the store's file; `null` if it has none. */
async function fileOf(store: CallStore): Promise<string | null> {
  const { kind, where } = await store.status();
  return kind === 'sqlite' ? where : null;
}

function pricesOf(pricers: Pricers | null, overrides: number): Status['prices'] {
  const info = pricers?.table?.info;
  return { table: info?.name ?? null, tableDate: info?.date ?? null, overrides };
}

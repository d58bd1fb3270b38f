import { createBackend } from '../../src/llm-telemetry/store/clickhouse/clickhouse-backend.js';
import type { ClickHouseSettings } from '../../src/llm-telemetry/store/clickhouse/clickhouse-settings.js';
import type { OwnInstance } from '../../src/llm-telemetry/store/core/instance.js';
import type { NameLimits, ReservedNames } from '../../src/llm-telemetry/store/core/series.js';
import type { SharedBackend } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { ClickHouseProcess } from './clickhouse-process.js';

export type { FaultTime } from './clickhouse-process.js';

/** A server with the backends that a test opens. */
export class ClickHouseServer extends ClickHouseProcess {
  private readonly backends: SharedBackend[] = [];

  /** Closes the backends, stops the server, and deletes its data. */
  override async stop(): Promise<void> {
    await this.closeBackends();
    await super.stop();
  }

  async closeBackends(): Promise<void> {
    await Promise.all(this.backends.splice(0).map((backend) => backend.close()));
  }

  /** Returns a backend, which is closed when the server is stopped. */
  backend(
    differences: Partial<ClickHouseSettings> = {},
    names: {
      readonly instance?: OwnInstance;
      readonly reservedNames?: ReservedNames;
      readonly limits?: NameLimits;
    } = {},
  ): SharedBackend {
    const settings = { ...settingsOf(this.url), ...differences };
    const backend = createBackend(settings, { ...names, secret: async () => '' });
    this.backends.push(backend);
    return backend;
  }
}

/** Returns the settings of `clickhouseStore({ url })`. */
export function settingsOf(url: string): ClickHouseSettings {
  return {
    url,
    username: 'default',
    database: 'llm_telemetry',
    cluster: null,
    retention: { callDays: 30, rollupDays: 400 },
    migrate: true,
  };
}

import type { Status, StoreInstance, StoreStatus } from '../../src/llm-telemetry/dashboard/api/index.js';

/** Three instances of which one is behind: its calls wait. Returns a change of the status. */
export function fleetStatus(
  now: number,
  state: StoreStatus['state'] = 'stored',
): (status: Status) => Pick<Status, 'store'> {
  const instances = ['7d9f', '1b2c', '9f00'].map((pod, index) =>
    instanceOf(`orders-${pod}`, now - index * 3_600_000 - 600_000, {
      version: index === 0 ? '2.5.0' : '2.4.1',
      seenAt: now - 2000 - index * 3000,
      ...(index === 2 && { waiting: 312, waitingSince: now - 95_000 }),
    }),
  );
  return ({ store }) => ({
    store: {
      ...store!,
      kind: 'postgres',
      where: 'db.internal/telemetry',
      state,
      instances,
      ...(state === 'buffered' && {
        trouble: {
          reason: 'unreachable',
          message: 'The database db.internal/telemetry cannot be reached (connection refused).',
          since: now - 240_000,
        },
        waiting: 1204,
        waitingSince: now - 238_000,
      }),
    },
  });
}

/** An instance named after its host. */
export function instanceOf(
  host: string,
  startedAt: number,
  more: Partial<StoreInstance> = {},
): StoreInstance {
  return {
    id: `00000000-0000-4000-8000-${String(startedAt).padStart(12, '0')}`,
    service: 'orders-api',
    version: '2.4.1',
    environment: 'production',
    instance: `${host}:4711`,
    host,
    pid: 4711,
    startedAt,
    seenAt: startedAt,
    waiting: 0,
    waitingSince: null,
    ...more,
  };
}

import { getEventListeners } from 'node:events';

/** Resources, listeners and scopes that must not accumulate during the run. */
export interface Leftovers {
  /** Counts by kind from `process.getActiveResourcesInfo()`. */
  readonly resources: Readonly<Record<string, number>>;
  /** Listeners of the shared `AbortSignal` and of the process. */
  readonly listeners: Readonly<Record<string, number>>;
  /** Number of call scopes that have not been garbage collected. */
  readonly scopes: number;
}

/** Counts created and collected scopes without retaining them. */
export class Scopes {
  made = 0;
  private collected = 0;
  private readonly registry = new FinalizationRegistry<null>(() => void this.collected++);

  readonly add = (scope: object): void => {
    this.made++;
    this.registry.register(scope, null);
  };

  get left(): number {
    return this.made - this.collected;
  }
}

export function leftovers(signal: AbortSignal, scopes: Scopes): Leftovers {
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const listeners: Record<string, number> = { signal: getEventListeners(signal, 'abort').length };
  for (const name of process.eventNames()) listeners[String(name)] = process.listenerCount(name);
  return { resources, listeners, scopes: scopes.left };
}

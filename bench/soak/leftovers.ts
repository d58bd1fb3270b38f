import { getEventListeners } from 'node:events';

/** What must be the same before and after: what keeps a process alive, or what listens. */
export interface Leftovers {
  /** `process.getActiveResourcesInfo()`, counted by kind. */
  readonly resources: Readonly<Record<string, number>>;
  /** Listeners of the signal that is the same for the whole run, and of the process. */
  readonly listeners: Readonly<Record<string, number>>;
  /** Scopes of calls that have not been collected, of all that there were. */
  readonly scopes: number;
}

/** Counts scopes that are made, and those that are collected, without keeping any. */
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

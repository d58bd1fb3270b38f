import { sharedWire, type WireContext } from '../wire/exchanges/shared-wire.js';
import type { Call } from './call.js';
import type { RequestScope } from './request-scope.js';

/** The context that a piece of application code runs in, carried along by `AsyncLocalStorage`. */
export interface CallContext extends WireContext {
  /** The innermost annotated call. */
  readonly call?: Call;
  /** The incoming request that is being served. */
  readonly request?: RequestScope;
}

export function currentContext(): CallContext | undefined {
  return sharedWire.contexts.getStore();
}

export function runInContext<T>(context: CallContext, run: () => T): T {
  return sharedWire.contexts.run(context, run);
}

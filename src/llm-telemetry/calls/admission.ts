import type { Exchange } from '../wire/exchanges/exchange.js';
import type { CallName } from './call-name.js';
import type { RequestIdentity } from './record.js';

/** Decides synchronously, before the method of a call runs, whether a call may start. If it throws, the call starts. */
export interface Admission {
  /** @param enclosing - the reservation of the nearest enclosing call that has one */
  admit(name: CallName, identity: RequestIdentity, enclosing: Reservation | null): Verdict;
}

/**
 * `within`: the call may start. `exceeded`: it may start although a budget is used up. A reservation: it may start, and
 * holds a part of a budget until it ends. An error: the call is refused, and its method fails with that error.
 */
export type Verdict = 'within' | 'exceeded' | Reservation | Error;

/** Part of budgets held by a call in flight, from its start or first request until its end. */
export interface Reservation {
  /** `true` if a budget that only warns is used up. */
  readonly exceeded: boolean;
  /** `true` until the first request, which decides the amount and can be refused. */
  readonly pending: boolean;
  /** Called before the call sends a request. Returns the error to refuse it with, or `null`. */
  request(exchange: Exchange): Error | null;
  /** Called after the call was recorded. Idempotent. */
  release(): void;
}

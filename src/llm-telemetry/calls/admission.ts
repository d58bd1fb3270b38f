import type { Exchange } from '../wire/exchanges/exchange.js';
import type { CallName } from './call-name.js';
import type { RequestIdentity } from './record.js';

/**
 * Asked before the method of each annotated call runs. Answers at once, from what it knows already. What it throws admits
 * the call.
 */
export interface Admission {
  /** @param around - the reservation of the innermost call around this one that has any */
  admit(name: CallName, identity: RequestIdentity, around: Reservation | null): Verdict;
}

/**
 * `within`: the call may begin. `exceeded`: it may, although a budget is used up. A reservation: it may, and holds a part of
 * a budget until it ends. An error: it may not, and its method fails with that before it has run.
 */
export type Verdict = 'within' | 'exceeded' | Reservation | Error;

/** What a call in flight holds of budgets: taken before it begins or before its first request, released when it ends. */
export interface Reservation {
  /** Whether a budget that only warns is used up. */
  readonly exceeded: boolean;
  /** Nothing is held yet: the first request decides, and may be refused. */
  readonly pending: boolean;
  /** The call is about to send a request. Returns why it must not; `null`: it may. */
  request(exchange: Exchange): Error | null;
  /** The call has ended and was recorded. Further calls of it do nothing. */
  release(): void;
}

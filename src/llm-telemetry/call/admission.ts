import type { CallName } from './call.js';
import type { RequestIdentity } from './request-scope.js';

/**
 * Asked before the method of each annotated call runs. Answers at once, from what it knows already. What it throws admits
 * the call.
 */
export interface Admission {
  admit(name: CallName, identity: RequestIdentity): Verdict;
}

/**
 * `within`: the call may begin. `exceeded`: it may, although a budget is used up. An error: it may not, and its method
 * fails with that before it has run.
 */
export type Verdict = 'within' | 'exceeded' | Error;

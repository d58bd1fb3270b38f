/** Injection token of the application's `Budgets`; `null` without budgets. In a file of its own: imports load this alone. */
export const CALL_BUDGETS = Symbol('CALL_BUDGETS');

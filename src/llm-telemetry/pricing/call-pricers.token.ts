/**
 * Injection token of an application's `Pricers`; `null` if the module is disabled. In a file of its own: imports load
 * this alone.
 */
export const CALL_PRICERS = Symbol('CALL_PRICERS');

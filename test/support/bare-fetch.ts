/**
 * The platform's own `fetch`: what the tap is measured against. It has to be imported before the library, which taps
 * the global one.
 */
export const bareFetch = globalThis.fetch;

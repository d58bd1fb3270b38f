/** The platform's own `fetch`. To be imported before the library, which taps the global one. */
export const bareFetch = globalThis.fetch;

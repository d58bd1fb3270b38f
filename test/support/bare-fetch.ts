/** The `fetch` of the platform. Has to be imported before the library, which taps the global one. */
export const bareFetch = globalThis.fetch;

/** The platform's `fetch`. Import this module before the library, which taps the global `fetch`. */
export const bareFetch = globalThis.fetch;

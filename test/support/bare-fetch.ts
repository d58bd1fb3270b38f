/** The platform's `fetch`. Import it before the library, which taps the global `fetch`. */
export const bareFetch = globalThis.fetch;

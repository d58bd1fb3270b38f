/** Native `fetch` of the platform. Import it before the library, which instruments the global `fetch`. */
export const bareFetch = globalThis.fetch;

/**
 * Where the dashboard is: a `<base>` that the server puts in says so, for any path behind any prefix. Read once, since
 * it is relative and the page's address will change.
 */
export const ROOT = new URL('.', document.baseURI);

/**
 * Root URL of the dashboard, from the `<base>` that the server inserts. Read once: the `<base>` is relative to the URL of
 * the page, which changes.
 */
export const ROOT = new URL('.', document.baseURI);

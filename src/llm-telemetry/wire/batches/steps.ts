/** Items that are passed on at once: a batch can have 100,000. */
export const MAX_ITEMS = 200;

/** Resolves when the application has returned to the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

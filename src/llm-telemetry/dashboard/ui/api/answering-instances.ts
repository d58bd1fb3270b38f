/**
 * Processes that responded to the page, by name. Behind a load balancer there can be several; whether they share a store is
 * decided by the service, to which the names are sent.
 */
const answers = new Map<string, { at: number; turns: number }>();
let latest: string | null = null;

/** Longer than the refresh interval of an idle page. */
const FORGOTTEN_AFTER_MS = 45_000;

/** Notes which process sent a response. `name`: percent-encoded, as in the header; `null` if there is none. */
export function noteAnswer(name: string | null, now = Date.now()): void {
  if (name === null) return;
  const answer = answers.get(name) ?? { at: now, turns: 0 };
  answers.set(name, { at: now, turns: answer.turns + (name === latest ? 0 : 1) });
  latest = name;
}

/**
 * Returns the processes that respond in turn, separated by commas; `null` if there is only one. A process that another one
 * replaced, as in a restart, does not return.
 */
export function alternatingInstances(now = Date.now()): string | null {
  for (const [name, { at }] of answers) if (now - at > FORGOTTEN_AFTER_MS) answers.delete(name);
  const names = [...answers].filter(([, { turns }]) => turns > 1).map(([name]) => name);
  return names.length > 1 ? names.join(',') : null;
}

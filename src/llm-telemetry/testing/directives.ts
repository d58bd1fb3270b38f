import { parseFault, type FaultSpec } from './faults.js';

/**
 * Response feature requested by a directive in the prompt, `[emulate iterations]`. Anthropic beta: `iterations`
 * starts with a compaction, `advisor` consults a larger model, `fallback` responds with another model. `proxy_cost`
 * adds the cost to the usage, as OpenRouter does.
 *
 * @publicApi
 */
export type Extra = 'iterations' | 'advisor' | 'fallback' | 'proxy_cost';

const EXTRAS: ReadonlySet<string> = new Set<Extra>(['iterations', 'advisor', 'fallback', 'proxy_cost']);

/** Directives of a prompt, and its text without them. */
export interface Directives {
  /** The first fault, or `null`. */
  readonly fault: FaultSpec | null;
  readonly extras: ReadonlySet<Extra>;
  readonly text: string;
}

const DIRECTIVE = /\[emulate ([^\]]+)\]/g;

/** Parses the directives of a prompt. @throws TypeError if a directive is invalid. */
export function readDirectives(prompt: string): Directives {
  let fault: FaultSpec | null = null;
  const extras = new Set<Extra>();
  for (const [, written] of prompt.matchAll(DIRECTIVE)) {
    if (EXTRAS.has(written!)) extras.add(written as Extra);
    else fault ??= parseFault(written!);
  }
  return { fault, extras, text: prompt.replace(DIRECTIVE, '').trim() };
}

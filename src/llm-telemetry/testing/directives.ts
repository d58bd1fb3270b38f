import { parseFault, type FaultSpec } from './faults.js';

/**
 * What an answer has besides, asked for by a directive in the prompt, `[emulate iterations]`. Anthropic beta:
 * `iterations` closes a context first, `advisor` asks a greater model in between, `fallback` is answered by another
 * model. `proxy_cost`: the usage says what it cost, as OpenRouter's does.
 *
 * @publicApi
 */
export type Extra = 'iterations' | 'advisor' | 'fallback' | 'proxy_cost';

const EXTRAS: ReadonlySet<string> = new Set<Extra>(['iterations', 'advisor', 'fallback', 'proxy_cost']);

/** What a prompt says in directives, and what it says besides. */
export interface Directives {
  /** The first fault; `null`: none. */
  readonly fault: FaultSpec | null;
  readonly extras: ReadonlySet<Extra>;
  readonly text: string;
}

const DIRECTIVE = /\[emulate ([^\]]+)\]/g;

/** Reads the directives in a prompt. @throws TypeError for one that there is not. */
export function readDirectives(prompt: string): Directives {
  let fault: FaultSpec | null = null;
  const extras = new Set<Extra>();
  for (const [, written] of prompt.matchAll(DIRECTIVE)) {
    if (EXTRAS.has(written!)) extras.add(written as Extra);
    else fault ??= parseFault(written!);
  }
  return { fault, extras, text: prompt.replace(DIRECTIVE, '').trim() };
}

import { getEventListeners } from 'node:events';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { accountOf } from './account-of.js';
import type { Reply } from './provider-replies.js';

/** One side of a scenario: with the library or without it. */
export class Side {
  /** What happened, in order. */
  readonly log: unknown[] = [];
  readonly controller = new AbortController();

  constructor(
    readonly openai: OpenAI,
    readonly anthropic: Anthropic,
    readonly fetch: typeof globalThis.fetch,
    /** Resolves when the provider has a request. */
    readonly received: () => Promise<void>,
  ) {}

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  note(what: string, value?: unknown): void {
    this.log.push([what, accountOf(value)]);
  }

  noteListeners(when: string): void {
    this.note(`listeners ${when}`, getEventListeners(this.signal, 'abort').length);
  }
}

export interface Scenario {
  readonly name: string;
  /** How the provider replies to the first requests; the last is repeated. */
  readonly replies: readonly Reply[];
  readonly run: (side: Side) => Promise<unknown>;
}

import { getEventListeners } from 'node:events';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { accountOf } from './account-of.js';
import type { Reply } from './provider-replies.js';

/** Side of a scenario: with or without the library. */
export class Side {
  /** Events in order. */
  readonly log: unknown[] = [];
  readonly controller = new AbortController();

  constructor(
    readonly openai: OpenAI,
    readonly anthropic: Anthropic,
    readonly fetch: typeof globalThis.fetch,
    /** Resolves when the provider has received a request. */
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
  /** Replies of the provider to the first requests. The last one is repeated. */
  readonly replies: readonly Reply[];
  readonly run: (side: Side) => Promise<unknown>;
}

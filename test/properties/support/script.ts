import type { UsageDraft } from '../../../src/llm-telemetry/wire/answer.js';
import type { FinishReason } from '../../../src/llm-telemetry/wire/finish-reason.js';

/** What a provider has said up to some point of its answer: what an exchange that was read so far must know. */
export interface Said {
  readonly id: string | null;
  readonly model: string | null;
  readonly finish: FinishReason | null;
  readonly finishReasons: readonly string[];
  /** The code of an error inside the answer, or its type where it has no code. */
  readonly error: string | null;
  /** What was said of the usage; the rest is as it is where nothing was said. */
  readonly usage: Partial<UsageDraft>;
  readonly complete: boolean;
  readonly outputChunks: number;
  /** The generated text, as far as it is counted for estimates. */
  readonly text: string;
}

export const NOTHING_SAID: Said = {
  id: null,
  model: null,
  finish: null,
  finishReasons: [],
  error: null,
  usage: {},
  complete: false,
  outputChunks: 0,
  text: '',
};

/** One event of a stream, and what has been said when it is over. */
export interface ScriptEvent {
  /** As the coverage counts it. */
  readonly type: string;
  /** The `event:` line; `null` where the provider writes none. */
  readonly name: string | null;
  /** An object that is written as JSON, or text. */
  readonly data: unknown;
  readonly said: Said;
}

/** What a provider answers, before it is written down: a stream of events, or one JSON body. */
export interface Script {
  readonly status: number;
  readonly events: readonly ScriptEvent[] | null;
  readonly json: unknown;
  /** After the JSON body. */
  readonly said: Said;
}

/** What the random choices of an answer are made from. The same draw makes another answer in each format. */
export interface Draw {
  readonly pieces: readonly string[];
  readonly counts: readonly [number, number, number, number, number, number];
  readonly choice: number;
  readonly flags: number;
}

/** All that is to know of a wire format to make answers in it. */
export interface ScriptedFormat {
  readonly name: string;
  readonly path: string;
  /** The body of a request in this format. */
  readonly request: Readonly<Record<string, unknown>>;
  /** What the model is given in it, for an estimate; `null` where that is not text. */
  readonly inputText: string | null;
  /** Whether the request goes out as a form. */
  readonly form?: true;
  /** Each type of event that its streams have; none: it has no streams. */
  readonly eventTypes: readonly string[];
  stream(draw: Draw): readonly ScriptEvent[];
  json(draw: Draw): { readonly body: unknown; readonly said: Said };
  /** The body of a refusal, by its error's code or type. */
  refusal(code: string): unknown;
}

/** Puts a stream's events together. */
export class EventScript {
  readonly events: ScriptEvent[] = [];
  private said: Said = NOTHING_SAID;

  constructor(private readonly named: boolean) {}

  /** Adds an event after which `more` has been said, beside what was said before. */
  add(type: string, data: unknown, more: Partial<Said> = {}): this {
    this.said = { ...this.said, ...more, usage: { ...this.said.usage, ...more.usage } };
    this.events.push({ type, name: this.named ? type : null, data, said: this.said });
    return this;
  }

  /** Adds an event that carries generated text. */
  addText(type: string, data: unknown, text: string, more: Partial<Said> = {}): this {
    const { outputChunks, text: before } = this.said;
    return this.add(type, data, { ...more, outputChunks: outputChunks + 1, text: before + text });
  }
}

export function pick<T>(items: readonly T[], choice: number): T {
  return items[choice % items.length]!;
}

export function has(flags: number, bit: number): boolean {
  return (flags & (1 << bit)) !== 0;
}

import type { UsageDraft } from '../../../src/llm-telemetry/wire/response-draft.js';
import type { FinishReason } from '../../../src/llm-telemetry/wire/finish-reason.js';

/** Contents of a response up to some point, which an exchange that was read up to there must have recorded. */
export interface Said {
  readonly id: string | null;
  readonly model: string | null;
  readonly finish: FinishReason | null;
  readonly finishReasons: readonly string[];
  /** Code of an error in the response, or its type if it has no code. */
  readonly error: string | null;
  /** Reported counts. Other counts keep their empty values. */
  readonly usage: Partial<UsageDraft>;
  readonly complete: boolean;
  readonly outputChunks: number;
  /** The part of the generated text that is counted for estimates. */
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

/** Event of a stream, with the contents of the response up to its end. */
export interface ScriptEvent {
  /** Type in the coverage. */
  readonly type: string;
  /** The `event:` line, or `null` if the provider sends none. */
  readonly name: string | null;
  /** Object that is written as JSON, or text. */
  readonly data: unknown;
  readonly said: Said;
}

/** Response before serialization: a stream of events or one JSON body. */
export interface Script {
  readonly status: number;
  readonly events: readonly ScriptEvent[] | null;
  readonly json: unknown;
  /** Contents of the JSON body. */
  readonly said: Said;
}

/** Random values from which each format generates a response. */
export interface Draw {
  readonly pieces: readonly string[];
  readonly counts: readonly [number, number, number, number, number, number];
  readonly choice: number;
  readonly flags: number;
}

/** Wire format with generators of responses. */
export interface ScriptedFormat {
  readonly name: string;
  readonly path: string;
  /** Request body in this format. */
  readonly request: Readonly<Record<string, unknown>>;
  /** Input text of the request, for estimates. `null` if the input is not text. */
  readonly inputText: string | null;
  /** The request is sent as a form. */
  readonly form?: true;
  /** Event types of streams. Empty if the format has no streams. */
  readonly eventTypes: readonly string[];
  stream(draw: Draw): readonly ScriptEvent[];
  json(draw: Draw): { readonly body: unknown; readonly said: Said };
  /** Creates the body of an error response with this code or type. */
  refusal(code: string): unknown;
}

/** Builds the events of a stream. */
export class EventScript {
  readonly events: ScriptEvent[] = [];
  private said: Said = NOTHING_SAID;

  constructor(private readonly named: boolean) {}

  /** Adds an event that adds `more` to the contents of the response. */
  add(type: string, data: unknown, more: Partial<Said> = {}): this {
    this.said = { ...this.said, ...more, usage: { ...this.said.usage, ...more.usage } };
    this.events.push({ type, name: this.named ? type : null, data, said: this.said });
    return this;
  }

  /** Adds an event with generated text. */
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

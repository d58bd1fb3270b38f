import { boundedName } from '../text/bounded-name.js';
import type { ContentMessage, ContentPart, ContentReader } from '../wire/content/content.js';
import type { Exchange } from '../wire/exchanges/exchange.js';
import { guard } from '../wire/guard.js';
import { asObject, parseJson } from '../wire/json/json-value.js';

/** Part of an exchange that a text belongs to. @publicApi */
export type ContentPlace = 'system' | 'input' | 'output';

/**
 * Options for recording prompts, responses and stop sequences on the spans of attempts. Without them, content is
 * recorded nowhere.
 *
 * @publicApi
 */
export interface ContentOptions {
  /** `messages`: system instructions, input messages and output messages; streams are assembled. */
  readonly capture: 'messages';
  /**
   * Redacts each text (including arguments and results of tools) before it is recorded. If it throws or does not return a
   * string, the text is omitted.
   *
   * @param text - the original text
   * @param where - part of the exchange
   * @returns the text to record
   */
  readonly redact?: ((text: string, where: ContentPlace) => string) | undefined;
  /**
   * Maximum of UTF-8 bytes of text for each of system instructions, input and output. Longer content is cut and marked.
   * @defaultValue 32768
   */
  readonly maxBytes?: number | undefined;
}

/** Recorded content of an attempt; see the option `content`. @publicApi */
export interface AttemptContent {
  readonly systemInstructions: readonly ContentPart[];
  readonly inputMessages: readonly ContentMessage[];
  readonly outputMessages: readonly ContentMessage[];
  /** `true` if content was cut (`maxBytes`). */
  readonly truncated: boolean;
}

const DEFAULT_MAX_BYTES = 32_768;
/** Maximum of messages and parts for each of system instructions, input and output. */
const MAX_PARTS = 4096;
const CUT_OFF = '… [cut off]';
const NOT_REDACTED = '[omitted: redaction failed]';

/** Reads the content of exchanges, redacted and cut to `maxBytes`. */
export class ContentCapture {
  private readonly maxBytes: number;

  constructor(private readonly options: ContentOptions) {
    this.maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /** Starts reading the content of an exchange. Called before it begins. */
  begin(exchange: Exchange): void {
    replaceStopSequences(exchange, this.redactStops);
    // Reads twice the maximum, so that a secret that starts before the cut is complete when it is redacted.
    exchange.content = exchange.request.format.content?.(2 * this.maxBytes) ?? null;
  }

  /** Redacts stop sequences. */
  readonly redactStops = (texts: readonly string[]): string[] =>
    texts.map((text) => boundedName(this.redacted(text, 'input')));

  /** Returns the content of an exchange that has ended. */
  contentOf(exchange: Exchange): AttemptContent | null {
    const { content } = exchange;
    return content && (guard('reading content', () => this.read(content, exchange.request.body)) ?? null);
  }

  private read(reader: ContentReader, request: string | null): AttemptContent {
    const body = request === null ? null : asObject(parseJson(request));
    const { system, input } = body ? reader.readRequest(body) : { system: [], input: [] };
    const budgets = {
      system: this.budget('system'),
      input: this.budget('input'),
      output: this.budget('output'),
    };
    return {
      systemInstructions: budgets.system.parts(system),
      inputMessages: budgets.input.messages(input),
      outputMessages: budgets.output.messages(reader.output()),
      truncated: Object.values(budgets).some(({ exceeded }) => exceeded),
    };
  }

  private budget(where: ContentPlace): ContentBudget {
    return new ContentBudget(this.maxBytes, (text) => this.redacted(text, where));
  }

  private redacted(text: string, where: ContentPlace): string {
    const { redact } = this.options;
    if (!redact) return text;
    const kept = guard('redacting content', () => redact(text, where));
    return typeof kept === 'string' ? kept : NOT_REDACTED;
  }
}

/** Replaces the stop sequences of a request, which are content: `change` returns redacted ones, or `undefined` to omit them. */
export function replaceStopSequences(
  exchange: Exchange,
  change: (texts: readonly string[]) => readonly string[] | undefined,
): void {
  const { request } = exchange;
  const { stopSequences } = request.parameters;
  if (stopSequences === undefined) return;
  exchange.request = {
    ...request,
    parameters: { ...request.parameters, stopSequences: change(stopSequences) },
  };
}

/**
 * Removes the parts of a URI that can grant access: query (presigned URLs of S3, Azure and Google), fragment, user name
 * and password.
 */
function withoutCredentials(uri: string): string {
  return uri.replace(/[?#].*$/s, '').replace(/^([a-z][a-z\d+.-]*:\/\/)[^/]*@/i, '$1');
}

function boundedOrNull(name: string | null): string | null {
  return name === null ? null : boundedName(name);
}

/** Collects content in order until the limits of bytes and parts are reached. */
class ContentBudget {
  exceeded = false;
  /** Remaining messages and parts. Bytes alone do not limit a million empty parts. */
  private room = MAX_PARTS;

  constructor(
    private left: number,
    private readonly redact: (text: string) => string,
  ) {}

  messages(messages: readonly ContentMessage[]): ContentMessage[] {
    const kept: ContentMessage[] = [];
    for (const message of messages) {
      if (this.exceeded) break;
      kept.push({ ...message, ...this.namesOf(message), parts: this.parts(message.parts) });
    }
    return kept;
  }

  parts(parts: readonly ContentPart[]): ContentPart[] {
    const kept: ContentPart[] = [];
    for (const part of parts) {
      if (this.exceeded) break;
      kept.push(this.part(part));
      this.countPart();
    }
    return kept;
  }

  private namesOf({ role, finish_reason }: ContentMessage): Omit<ContentMessage, 'parts'> {
    this.countPart();
    if (finish_reason === undefined) return { role: boundedName(role) };
    return { role: boundedName(role), finish_reason: boundedName(finish_reason) };
  }

  private countPart(): void {
    if (--this.room <= 0) this.exceeded = true;
  }

  private part(part: ContentPart): ContentPart {
    switch (part.type) {
      case 'text':
      case 'reasoning':
        return { ...part, content: this.text(part.content) };
      case 'tool_call':
        return {
          ...part,
          id: boundedOrNull(part.id),
          name: boundedName(part.name),
          arguments: this.text(part.arguments),
        };
      case 'tool_call_response':
        return { ...part, id: boundedOrNull(part.id), response: this.text(part.response) };
      case 'uri':
        return { ...part, uri: this.text(withoutCredentials(part.uri)) };
      case 'blob':
        return { ...part, mime_type: boundedOrNull(part.mime_type) };
    }
  }

  private text(original: string): string {
    const text = this.redact(original);
    const bytes = Buffer.byteLength(text);
    if (bytes <= this.left) {
      this.left -= bytes;
      return text;
    }
    this.exceeded = true;
    // With `stream: true`, the decoder drops an incomplete character at the end.
    const whole = new TextDecoder().decode(Buffer.from(text).subarray(0, this.left), { stream: true });
    return whole + CUT_OFF;
  }
}

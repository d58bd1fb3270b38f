import { boundedName } from '../text/bounded-name.js';
import type { ContentMessage, ContentPart, ContentReader } from '../wire/content/content.js';
import type { Exchange } from '../wire/exchanges/exchange.js';
import { guard } from '../wire/guard.js';
import { asObject, parseJson } from '../wire/json/json-value.js';

/** Which side of an exchange a text is from. @publicApi */
export type ContentPlace = 'system' | 'input' | 'output';

/**
 * Whether prompts, answers and stop sequences are put on the spans of attempts. Without this option nothing of them is kept
 * anywhere.
 *
 * @publicApi
 */
export interface ContentOptions {
  /** `messages`: system instructions, input and output messages, streams put together. */
  readonly capture: 'messages';
  /**
   * Called with each text (arguments and results of tools included) before anything is kept of it; what it gives back
   * is kept in its place. Where it throws, or gives back no string, the text is left out.
   */
  readonly redact?: ((text: string, where: ContentPlace) => string) | undefined;
  /** The most UTF-8 bytes of text that are kept of each of the three; what is more is cut off and marked. Default 32,768. */
  readonly maxBytes?: number | undefined;
}

/** What an attempt was given and what it answered, where the application has asked for it. @publicApi */
export interface AttemptContent {
  readonly systemInstructions: readonly ContentPart[];
  readonly inputMessages: readonly ContentMessage[];
  readonly outputMessages: readonly ContentMessage[];
  /** True where `maxBytes` cut something off. */
  readonly truncated: boolean;
}

const DEFAULT_MAX_BYTES = 32_768;
/** Messages and parts that are kept of each of the three. */
const MOST_PARTS = 4096;
const CUT_OFF = '… [cut off]';
const NOT_REDACTED = '[not redacted: left out]';

/** Reads the content of exchanges, redacted and cut, as the application has asked for. */
export class ContentCapture {
  private readonly maxBytes: number;

  constructor(private readonly options: ContentOptions) {
    this.maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /** Reads the answer of an exchange that is about to begin. */
  begin(exchange: Exchange): void {
    replaceStopSequences(exchange, (texts) => texts.map((text) => boundedName(this.redacted(text, 'input'))));
    // Twice what is kept: a secret that begins before the cut is whole when it is redacted.
    exchange.content = exchange.request.format.content?.(2 * this.maxBytes) ?? null;
  }

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

  private budget(where: ContentPlace): Budget {
    return new Budget(this.maxBytes, (text) => this.redacted(text, where));
  }

  private redacted(text: string, where: ContentPlace): string {
    const { redact } = this.options;
    if (!redact) return text;
    const kept = guard('redacting content', () => redact(text, where));
    return typeof kept === 'string' ? kept : NOT_REDACTED;
  }
}

/** Stop sequences are text of the application: they are kept only as content is, or not at all (`undefined`). */
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
 * Removes what gives access to a file: the query (presigned URLs of S3, Azure and Google), the fragment, user name and
 * password.
 */
function withoutSecrets(uri: string): string {
  return uri.replace(/[?#].*$/s, '').replace(/^([a-z][a-z\d+.-]*:\/\/)[^/]*@/i, '$1');
}

function boundedOrNull(name: string | null): string | null {
  return name === null ? null : boundedName(name);
}

/** Keeps texts in their order while there is room for them. */
class Budget {
  exceeded = false;
  /** How many messages and parts may still be kept: a million of them without a text are no small content. */
  private room = MOST_PARTS;

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
        return { ...part, uri: this.text(withoutSecrets(part.uri)) };
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
    // A decoder that expects more drops the bytes of a character that is not whole.
    const whole = new TextDecoder().decode(Buffer.from(text).subarray(0, this.left), { stream: true });
    return whole + CUT_OFF;
  }
}

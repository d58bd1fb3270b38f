import { MAX_NAMES } from '../../text/bounded-name.js';
import { asArray, asNumber, asObject, asString, type JsonObject } from '../json/json-value.js';
import type { ContentMessage, ContentReader, RequestContent } from './content.js';
import { partsOf, TextCollector, textPart } from './parts.js';

/** Member names of a format with plain text as input and output. */
export interface PlainTextFields {
  /** Member of the request with the input: a string or a list of strings. */
  readonly input: string;
  /** Member of the response, or of its choices, with the output; `null` if the output is not text. */
  readonly output: string | null;
  /** Member of an event, or of its choices, with a delta. */
  readonly piece?: string;
}

/** Reads the plain text content of Completions, Embeddings, Images and Transcriptions. */
export class PlainTextContent implements ContentReader {
  private readonly texts = new Map<number, { text: TextCollector; finish: string | null }>();

  constructor(
    private readonly fields: PlainTextFields,
    private readonly limit: number,
  ) {}

  readRequest(body: JsonObject): RequestContent {
    // Token arrays are ignored.
    const parts = partsOf(body[this.fields.input], () => null);
    return { system: [], input: parts.length === 0 ? [] : [{ role: 'user', parts }] };
  }

  readResponse(body: JsonObject): void {
    if (this.fields.output !== null) this.read(body, this.fields.output);
  }

  readEvent(event: JsonObject): void {
    if (this.fields.piece !== undefined) this.read(event, this.fields.piece);
  }

  output(): readonly ContentMessage[] {
    return [...this.texts.values()].map(({ text, finish }) => ({
      role: 'assistant',
      parts: [textPart(text.toString())],
      ...(finish === null ? {} : { finish_reason: finish }),
    }));
  }

  private read(body: JsonObject, field: string): void {
    this.add(0, asString(body[field]), null);
    for (const entry of asArray(body['choices'])) {
      const choice = asObject(entry);
      if (!choice) continue;
      this.add(asNumber(choice['index']) ?? 0, asString(choice[field]), asString(choice['finish_reason']));
    }
  }

  private add(index: number, text: string | null, finish: string | null): void {
    if (text === null && finish === null) return;
    let choice = this.texts.get(index);
    if (!choice && this.texts.size === MAX_NAMES) return;
    if (!choice) this.texts.set(index, (choice = { text: new TextCollector(this.limit), finish: null }));
    choice.text.add(text);
    choice.finish = finish ?? choice.finish;
  }
}

import { MAX_NAMES } from '../../text/bounded-name.js';
import { asArray, asNumber, asObject, asString, type JsonObject } from '../json/json-value.js';
import type { ContentMessage, ContentReader, RequestContent } from './content.js';
import { partsOf, textPart } from './parts.js';
import { TextCollector } from './text-collector.js';

/** How a format whose content is one text in and one text out names them. */
export interface PlainTextFields {
  /** The member of the request that the model is given: a text, or a list of texts. */
  readonly input: string;
  /** Where the text of an answer, or of a choice in it, stands. `null`: it answers with something else than text. */
  readonly output: string | null;
  /** Where the text of an event, or of a choice in it, stands. */
  readonly piece?: string;
}

/** The content of Completions, Embeddings, Images and Transcriptions: plain text on either side. */
export class PlainTextContent implements ContentReader {
  private readonly texts = new Map<number, { text: TextCollector; finish: string | null }>();

  constructor(
    private readonly fields: PlainTextFields,
    private readonly limit: number,
  ) {}

  readRequest(body: JsonObject): RequestContent {
    // What comes as tokens, or as a list of those, is no text.
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

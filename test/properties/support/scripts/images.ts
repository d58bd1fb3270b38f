import { EventScript, has, NOTHING_SAID, type Draw, type Said, type ScriptedFormat } from '../script.js';
import { openaiRefusal } from './chat-completions.js';

/** Source: OpenAI API reference, “Images”, “Image generation streaming events”. */
export const images: ScriptedFormat = {
  name: 'images',
  path: '/v1/images/generations',
  request: { model: 'gpt-image-1', prompt: 'A lamp.', stream: true },
  inputText: null,
  eventTypes: ['image_generation.partial_image', 'image_generation.completed', 'error'],
  stream({ pieces, counts, flags }) {
    const script = new EventScript(true);
    for (const [index, piece] of pieces.entries()) {
      const type = 'image_generation.partial_image';
      script.addText(type, { type, b64_json: encoded(piece), partial_image_index: index }, '');
    }
    if (has(flags, 3)) {
      const error = { type: 'error', error: { code: 'server_error', message: 'An error.', type: null } };
      return script.add('error', error, { error: 'server_error' }).events;
    }
    const type = 'image_generation.completed';
    const usage = usageOf(counts, has(flags, 0));
    return script.add(
      type,
      { type, b64_json: encoded(pieces.join('')), usage: usage.body },
      { usage: usage.said, complete: true },
    ).events;
  },
  json({ pieces, counts, flags }) {
    const data = pieces.map((piece) => ({ b64_json: encoded(piece) }));
    // Models that are priced per image do not report usage.
    if (has(flags, 1)) return { body: { created: 1, data }, said: { ...NOTHING_SAID, complete: true } };
    const usage = usageOf(counts, has(flags, 0));
    return {
      body: { created: 1, data, usage: usage.body },
      said: { ...NOTHING_SAID, usage: usage.said, complete: true },
    };
  },
  refusal: openaiRefusal,
};

function encoded(piece: string): string {
  return Buffer.from(piece).toString('base64');
}

function usageOf(
  [text, image, output]: Draw['counts'],
  detailed: boolean,
): { body: object; said: Said['usage'] } {
  const body = { input_tokens: text + image, output_tokens: output, total_tokens: text + image + output };
  const said = {
    inputTokens: text + image,
    outputTokens: output,
    imageOutputTokens: output,
    totalTokens: body.total_tokens,
  };
  if (!detailed) return { body, said };
  return {
    body: { ...body, input_tokens_details: { text_tokens: text, image_tokens: image } },
    said: { ...said, imageInputTokens: image },
  };
}

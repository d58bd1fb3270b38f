import { EventScript, has, NOTHING_SAID, type Draw, type Said, type ScriptedFormat } from '../script.js';
import { openaiRefusal } from './chat-completions.js';

/** Source: OpenAI API reference, “Audio”, “Transcription stream events”. */
export const transcriptions: ScriptedFormat = {
  name: 'transcriptions',
  path: '/v1/audio/transcriptions',
  request: { model: 'gpt-4o-transcribe', file: 'RIFF', stream: 'true' },
  form: true,
  inputText: null,
  eventTypes: ['transcript.text.delta', 'transcript.text.done', 'error'],
  stream({ pieces, counts, flags }) {
    const script = new EventScript(has(flags, 1));
    for (const delta of pieces) {
      const type = 'transcript.text.delta';
      script.addText(type, { type, delta, logprobs: [] }, delta);
    }
    if (has(flags, 3)) {
      const error = { type: 'error', error: { code: 'server_error', message: 'An error.', type: null } };
      return script.add('error', error, { error: 'server_error' }).events;
    }
    const type = 'transcript.text.done';
    const usage = usageOf(counts, has(flags, 0));
    return script.add(
      type,
      { type, text: pieces.join(''), usage: usage.body },
      { usage: usage.said, complete: true },
    ).events;
  },
  json({ pieces, counts, flags }) {
    const usage = usageOf(counts, has(flags, 0));
    return {
      body: { text: pieces.join(''), usage: usage.body },
      said: { ...NOTHING_SAID, usage: usage.said, complete: true },
    };
  },
  refusal: openaiRefusal,
};

/** Newer models are billed by tokens, older ones by seconds. */
function usageOf(
  [text, audio, output]: Draw['counts'],
  bySeconds: boolean,
): { body: object; said: Said['usage'] } {
  if (bySeconds) {
    return {
      body: { type: 'duration', seconds: audio },
      said: { inputTokens: 0, outputTokens: 0, audioSeconds: audio },
    };
  }
  return {
    body: {
      type: 'tokens',
      input_tokens: text + audio,
      input_token_details: { text_tokens: text, audio_tokens: audio },
      output_tokens: output,
      total_tokens: text + audio + output,
    },
    said: { inputTokens: text + audio, audioInputTokens: audio, outputTokens: output },
  };
}

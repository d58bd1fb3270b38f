import OpenAI, { toFile } from 'openai-7';
import { drained, LOSSY_DIALECTS, LOSSY_MODEL, messagesOf, read, texts, type Wire } from './wire.js';

/** The APIs of OpenAI over HTTP. */
export function openaiWires(url: string): readonly Wire[] {
  const openai = new OpenAI({ apiKey: 'sk-canary', baseURL: `${url}/v1`, maxRetries: 0 });
  const audio = (count: number): Promise<File> => toFile(Buffer.alloc(16_000 * count), 'a.mp3');

  return [
    {
      name: 'Chat Completions in a dialect',
      models: ['gpt-4o-mini-2024-07-18', 'o4-mini-2025-04-16'],
      feature: 'chat',
      ask: ({ stream, prompt, dialects, count }) =>
        drained(
          openai.chat.completions.create(
            {
              model: count === 1 ? 'gpt-4o-mini' : 'o4-mini',
              messages: messagesOf(prompt),
              stream,
              ...(stream ? { stream_options: { include_usage: true } } : {}),
            },
            { headers: { 'x-emulator-dialect': dialects.join(' ') } },
          ),
        ),
    },
    {
      name: 'Chat Completions in a dialect without the parts of the usage',
      models: [LOSSY_MODEL],
      feature: 'chat',
      ask: ({ stream, prompt, dialects, count }) =>
        drained(
          openai.chat.completions.create(
            // Without cached tokens, whose price depends on the parts.
            {
              model: LOSSY_MODEL,
              messages: messagesOf(prompt.slice(0, 200)),
              stream,
              ...(stream ? { stream_options: { include_usage: true } } : {}),
            },
            {
              headers: {
                'x-emulator-dialect': `${LOSSY_DIALECTS[count % LOSSY_DIALECTS.length]} ${dialects.at(-1)}`,
              },
            },
          ),
        ),
    },
    {
      name: 'Responses',
      models: ['gpt-5-mini-2025-08-07'],
      feature: 'research',
      ask: ({ stream, prompt, tier }) =>
        drained(openai.responses.create({ model: 'gpt-5-mini', input: prompt, stream, service_tier: tier })),
    },
    {
      name: 'compaction',
      models: ['gpt-5-mini-2025-08-07'],
      feature: 'research',
      ask: ({ prompt }) => openai.responses.compact({ model: 'gpt-5-mini', input: prompt }),
    },
    {
      name: 'completions',
      models: ['gpt-3.5-turbo-instruct'],
      feature: 'legacy',
      ask: ({ stream, prompt }) =>
        drained(
          openai.completions.create({
            model: 'gpt-3.5-turbo-instruct',
            prompt,
            stream,
            ...(stream ? { stream_options: { include_usage: true } } : {}),
          }),
        ),
    },
    {
      name: 'embeddings',
      models: ['text-embedding-3-small'],
      feature: 'search',
      ask: ({ prompt, count }) =>
        openai.embeddings.create({ model: 'text-embedding-3-small', input: texts(prompt, count) }),
    },
    {
      name: 'images',
      models: ['gpt-image-1'],
      feature: 'media',
      ask: ({ prompt, count, stream }) =>
        drained(openai.images.generate({ model: 'gpt-image-1', prompt, n: count, quality: 'low', stream })),
    },
    {
      name: 'image variations',
      models: ['dall-e-2'],
      feature: 'media',
      ask: async ({ count }) =>
        openai.images.createVariation({ image: await toFile(Buffer.alloc(8), 'a.png'), n: count }),
    },
    {
      name: 'transcription by seconds',
      models: ['whisper-1'],
      feature: 'media',
      ask: async ({ count }) =>
        openai.audio.transcriptions.create({ model: 'whisper-1', file: await audio(count) }),
    },
    {
      name: 'transcription by tokens',
      models: ['gpt-4o-transcribe'],
      feature: 'media',
      ask: async ({ count, stream }) =>
        drained(
          openai.audio.transcriptions.create({
            model: 'gpt-4o-transcribe',
            file: await audio(count),
            stream,
          }),
        ),
    },
    {
      name: 'speech by characters',
      models: ['tts-1'],
      feature: 'media',
      ask: ({ prompt }) =>
        read(openai.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: prompt.slice(0, 200) })),
    },
    {
      name: 'speech by tokens',
      models: ['gpt-4o-mini-tts'],
      feature: 'media',
      ask: ({ prompt }) =>
        read(
          openai.audio.speech.create({
            model: 'gpt-4o-mini-tts',
            voice: 'alloy',
            input: prompt.slice(0, 200),
            stream_format: 'sse',
          }),
        ),
    },
    {
      name: 'videos',
      models: ['sora-2'],
      feature: 'media',
      ask: ({ prompt, count }) =>
        openai.videos.create({ model: 'sora-2', prompt, seconds: count === 1 ? '4' : '8' }),
    },
  ];
}

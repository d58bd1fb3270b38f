import OpenAI from 'openai-7';
import { drain, provider, recordOf } from './scripted-app.js';

describe('other endpoints of openai', () => {
  const client = (): OpenAI =>
    new OpenAI({ apiKey: 'sk-canary', baseURL: `${provider.origin}/v1`, maxRetries: 0 });
  const spoken = { model: 'tts-1', voice: 'alloy', input: 'Hello there' } as const;

  it('records speech, whose bytes reach the application unchanged', async () => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, index) => index % 251);
    provider.script({ bytes });
    let heard = new Uint8Array();
    const record = await recordOf(async () => {
      heard = new Uint8Array(await (await client().audio.speech.create(spoken)).arrayBuffer());
    });
    expect(heard).toEqual(bytes);
    expect(record).toMatchObject({
      requestModel: 'tts-1',
      failure: null,
      usage: { spokenCharacters: 11, inputTokens: 0 },
    });
    provider.script({ bytes });
    const streamed = await recordOf(async () => drain((await client().audio.speech.create(spoken)).body!));
    expect(streamed).toMatchObject({ failure: null, usage: { spokenCharacters: 11 } });
    provider.script({ bytes });
    const file = await recordOf(async () => (await client().audio.speech.create(spoken)).blob());
    expect(file).toMatchObject({ failure: null, usage: { spokenCharacters: 11 } });
  });

  it('does not estimate the tokens of speech, and reports speech without bytes as empty', async () => {
    provider.script({ bytes: Uint8Array.of(1, 2, 3) });
    const record = await recordOf(async () =>
      (await client().audio.speech.create({ ...spoken, model: 'gpt-4o-mini-tts' })).arrayBuffer(),
    );
    expect(record).toMatchObject({
      failure: null,
      usage: { source: 'missing' },
      cost: { source: 'unknown' },
    });
    provider.script({ bytes: new Uint8Array() });
    const empty = await recordOf(async () => (await client().audio.speech.create(spoken)).arrayBuffer());
    expect(empty.failure?.type).toBe('empty_response');
  });

  it('records a started video by its seconds, and no poll', async () => {
    const job = {
      id: 'video_1',
      object: 'video',
      model: 'sora-2',
      status: 'queued',
      seconds: '8',
      size: '720x1280',
      error: null,
    };
    provider.script({ json: job }, { json: { ...job, status: 'completed' } });
    const record = await recordOf(async () => {
      const { id } = await client().videos.create({ model: 'sora-2', prompt: 'A cat', seconds: '8' });
      await client().videos.retrieve(id);
    });
    expect(provider.requests).toHaveLength(2);
    expect(record.attempts).toHaveLength(1);
    expect(record.usage?.videoSeconds).toBe(8);
  });

  it('records the compaction of a conversation', async () => {
    const usage = {
      input_tokens: 139,
      output_tokens: 438,
      total_tokens: 577,
      input_tokens_details: { cached_tokens: 5 },
    };
    const output = [{ id: 'cmp_1', type: 'compaction', encrypted_content: 'gAAAA' }];
    provider.script({ json: { id: 'resp_1', object: 'response.compaction', output, usage } });
    const record = await recordOf(() => client().responses.compact({ model: 'gpt-5.2', input: 'Hi' }));
    expect(record).toMatchObject({
      failure: null,
      usage: { inputTokens: 139, cachedInputTokens: 5, outputTokens: 438 },
    });
  });
});

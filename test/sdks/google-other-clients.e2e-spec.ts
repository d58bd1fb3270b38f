import { createGoogle } from '@ai-sdk/google';
import { GoogleGenerativeAI } from '@google/generative-ai';
import { embedMany, generateText, streamText } from 'ai';
import {
  answer,
  attempt,
  EXPECTED_USAGE,
  failure,
  json,
  MODEL,
  part,
  provider,
  RATE_LIMITED,
  record,
  script,
  sse,
} from './google-app.js';
import { all } from './prompts-and-tools.js';

describe('@google/generative-ai', () => {
  const model = () =>
    new GoogleGenerativeAI('canary-key').getGenerativeModel({ model: MODEL }, { baseUrl: provider.url });

  it('records a response and a stream', async () => {
    script(json(answer('Hello')), sse([part('Hel', 1), answer('lo')]));
    const { attempts } = await record(async () => {
      expect((await model().generateContent('hi')).response.text()).toBe('Hello');
      const { stream } = await model().generateContentStream('hi');
      await all(stream);
    });
    expect(attempts).toMatchObject([
      { parameters: { stream: false }, failure: null, usage: EXPECTED_USAGE },
      { parameters: { stream: true }, ending: 'finished', failure: null, usage: EXPECTED_USAGE },
    ]);
  });

  it('records a rate limit', async () => {
    script(json([RATE_LIMITED], 429));
    const recorded = await attempt(() => failure(() => model().generateContent('hi')));
    expect(recorded).toMatchObject({ status: 429, failure: { type: 'rate_limit' }, usage: null });
  });
});

describe('@ai-sdk/google', () => {
  const google = () => createGoogle({ apiKey: 'canary-key', baseURL: `${provider.url}/v1beta` });

  it('records a response and a stream', async () => {
    script(json(answer('Hello')), sse([part('Hel', 1), answer('lo')]));
    const { attempts } = await record(async () => {
      expect((await generateText({ model: google()(MODEL), prompt: 'hi' })).text).toBe('Hello');
      expect(await streamText({ model: google()(MODEL), prompt: 'hi' }).text).toBe('Hello');
    });
    expect(attempts).toMatchObject([
      { parameters: { stream: false }, failure: null, usage: EXPECTED_USAGE },
      { parameters: { stream: true }, ending: 'finished', failure: null, usage: EXPECTED_USAGE },
    ]);
  });

  it('estimates embeddings without usage', async () => {
    script(json({ embeddings: [{ values: [0.1] }, { values: [0.2] }] }));
    const recorded = await attempt(() =>
      embedMany({ model: google().embedding('gemini-embedding-001'), values: ['hello', 'you'] }),
    );
    expect(recorded).toMatchObject({ usage: { inputTokens: 2, source: 'estimated' } });
  });

  it('records interactions', async () => {
    script(
      json({
        id: 'int_1',
        model: MODEL,
        status: 'completed',
        steps: [{ type: 'model_output', content: [{ type: 'text', text: 'Hello' }] }],
        usage: {
          total_input_tokens: 9,
          total_cached_tokens: 4,
          total_output_tokens: 12,
          total_thought_tokens: 30,
        },
      }),
    );
    const recorded = await attempt(async () => {
      const { text } = await generateText({ model: google().interactions(MODEL), prompt: 'hi' });
      expect(text).toBe('Hello');
    });
    expect(recorded).toMatchObject({ requestModel: MODEL, failure: null, usage: EXPECTED_USAGE });
  });
});

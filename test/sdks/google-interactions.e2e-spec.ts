import type { Interactions } from '@google/genai';
import { attempt, EXPECTED_USAGE, genai, json, MODEL, record, script } from './google-app.js';
import { all } from './prompts-and-tools.js';

describe('interactions of @google/genai', () => {
  const usage = {
    total_input_tokens: 9,
    total_cached_tokens: 4,
    total_output_tokens: 12,
    total_thought_tokens: 30,
    total_tokens: 51,
  };
  const interaction = (status: Interactions.Interaction['status'], more: object = {}): object => ({
    id: 'int_1',
    model: MODEL,
    status,
    steps: [{ type: 'model_output', content: [{ type: 'text', text: 'Hello' }] }],
    usage,
    ...more,
  });

  it('records a response', async () => {
    script(json(interaction('completed')));
    const recorded = await attempt(() => genai().interactions.create({ model: MODEL, input: 'hi' }));
    expect(recorded).toMatchObject({
      provider: 'gcp.gemini',
      responseModel: MODEL,
      finishReason: 'stop',
      failure: null,
      usage: EXPECTED_USAGE,
    });
  });

  it('records a stream', async () => {
    const created = {
      event_type: 'interaction.created',
      interaction: { id: 'int_1', model: MODEL, status: 'in_progress' },
    };
    const delta = { event_type: 'step.delta', index: 0, delta: { type: 'text', text: 'Hel' } };
    const completed = {
      event_type: 'interaction.completed',
      interaction: { id: 'int_1', status: 'completed', usage },
    };
    script((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of [created, delta, completed])
        response.write(`event: ${event.event_type}\ndata: ${JSON.stringify(event)}\n\n`);
      response.end('event: done\ndata: [DONE]\n\n');
    });
    const recorded = await attempt(async () => {
      const stream = await genai().interactions.create({ model: MODEL, input: 'hi', stream: true });
      await all(stream);
    });
    expect(recorded).toMatchObject({ ending: 'finished', failure: null, usage: EXPECTED_USAGE });
  });

  it('records the requests of a continued interaction, which are not retries', async () => {
    script(
      json(interaction('requires_continuation', { continuation_token: 't1' })),
      json(interaction('completed')),
    );
    const { attempts } = await record(() => genai().interactions.create({ model: MODEL, input: 'hi' }));
    expect(attempts).toMatchObject([
      { isRetry: false, finishReason: 'paused', failure: null, usage: EXPECTED_USAGE },
      { isRetry: false, finishReason: 'stop', failure: null, usage: EXPECTED_USAGE },
    ]);
  });
});

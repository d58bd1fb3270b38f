import type Anthropic from '@anthropic-ai/sdk';
import { PROMPT, SYSTEM, type Work } from './work.js';

/** Work of Anthropic's SDK. Clients are parameters, because `peers/` brings versions of its own. */

export function anthropicCall(client: Anthropic): Work {
  const create = anthropicPromise(client);
  return async () => {
    const { content } = await create();
    return content[0]?.type === 'text' ? content[0].text : '';
  };
}

/** Returns the SDK's `APIPromise`. */
export function anthropicPromise({ messages }: Anthropic) {
  return () => messages.create(request());
}

export function anthropicStream({ messages }: Anthropic): Work {
  return async () => {
    const events = await messages.create({ ...request(), stream: true });
    let text = '';
    for await (const event of events) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
    }
    return text;
  };
}

function request(): Anthropic.MessageCreateParamsNonStreaming {
  return {
    model: 'claude-haiku-4-5',
    max_tokens: 300,
    system: SYSTEM,
    messages: [{ role: 'user', content: PROMPT }],
  };
}

import { on, once } from 'node:events';
import type { LlmTelemetry } from 'nestjs-llm-telemetry';
import { WebSocket } from 'ws';
import type { Wire } from './wire.js';

/** The APIs of OpenAI over WebSocket. */
export function socketWires(url: string, llm: LlmTelemetry): readonly Wire[] {
  /** Sends events over a connection of its own, and reads until the end of the response. */
  const ask = async (path: string, events: readonly object[]): Promise<void> => {
    const socket = llm.observeWebSocket(new WebSocket(url.replace('http', 'ws') + path));
    try {
      await once(socket, 'open');
      for (const event of events) socket.send(JSON.stringify(event));
      for await (const [data] of on(socket, 'message')) {
        const { type } = JSON.parse(String(data)) as { readonly type: string };
        if (ENDS.has(type)) return;
      }
    } finally {
      socket.close();
    }
  };

  return [
    {
      name: 'Responses over WebSocket',
      models: ['gpt-5-mini-2025-08-07'],
      feature: 'research',
      ask: ({ prompt, tier }) =>
        ask('/v1/responses', [
          { type: 'response.create', model: 'gpt-5-mini', input: prompt, service_tier: tier },
        ]),
    },
    {
      name: 'Realtime',
      models: ['gpt-realtime'],
      feature: 'voice',
      ask: ({ prompt, stream, count }) =>
        ask('/v1/realtime?model=gpt-realtime', [
          { type: 'session.update', session: { type: 'realtime', instructions: prompt.slice(0, 200) } },
          { type: 'input_audio_buffer.append', audio: Buffer.alloc(count * 12_000).toString('base64') },
          { type: 'input_audio_buffer.commit' },
          { type: 'response.create', response: { output_modalities: [stream ? 'audio' : 'text'] } },
        ]),
    },
  ];
}

const ENDS: ReadonlySet<string> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.done',
  'error',
]);

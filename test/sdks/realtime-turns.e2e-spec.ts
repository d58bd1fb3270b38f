import { EventEmitter, once } from 'node:events';
import { Agent } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { LlmTelemetry } from 'nestjs-llm-telemetry';
import OpenAI from 'openai-7';
import { OpenAIRealtimeWS } from 'openai-7/realtime/ws';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

type Event = Readonly<Record<string, unknown>> & { readonly type: string };

/** The client only connects with TLS, which the emulator does not have. */
class PlainAgent extends Agent {
  constructor(private readonly port: number) {
    super();
  }

  override createConnection(): Duplex {
    return connect(this.port, '127.0.0.1');
  }
}

/** 24,000 samples of 2 bytes a second. */
const audio = (milliseconds: number, sample: number): string =>
  Buffer.alloc(milliseconds * 48, sample).toString('base64');

describe('turns of Realtime', () => {
  let telemetry: TelemetryApp;
  let socket: OpenAIRealtimeWS;
  const received = new EventEmitter();

  beforeAll(async () => {
    telemetry = await startTelemetryApp({ options: { store: false, dashboard: false } });
  });
  afterAll(() => telemetry.stop());

  beforeEach(async () => {
    telemetry.emulator.reset();
    telemetry.records.length = 0;
    const { emulator } = telemetry;
    const openai = new OpenAI({ apiKey: 'sk-canary', baseURL: emulator.openaiBaseUrl });
    const agent = new PlainAgent(Number(new URL(emulator.url).port));
    socket = new OpenAIRealtimeWS({ model: 'gpt-realtime', options: { agent } }, openai);
    telemetry.get(LlmTelemetry).observeWebSocket(socket);
    socket.on('event', (event) => void received.emit(event.type, event));
    await once(received, 'session.created');
  });
  afterEach(() => socket.close());

  const next = async (type: string): Promise<Event> => ((await once(received, type)) as [Event])[0];
  const hear = (milliseconds: number, sample: number): void =>
    socket.send({ type: 'input_audio_buffer.append', audio: audio(milliseconds, sample) });

  async function detectTurns(settings: object = {}): Promise<void> {
    const turn_detection = { type: 'server_vad' as const, silence_duration_ms: 200, ...settings };
    socket.send({
      type: 'session.update',
      session: { type: 'realtime', audio: { input: { turn_detection } } },
    });
    await next('session.updated');
  }

  /** Waits for the record of an interrupted response, which equals its line of the ledger. */
  async function cancelledRecord(reason: string): Promise<void> {
    const { response } = (await next('response.done')) as unknown as { response: object };
    expect(response).toMatchObject({ status: 'cancelled', status_details: { reason } });
    await telemetry.flush();
    const [entry] = telemetry.emulator.ledger.entries();
    expect(entry).toMatchObject({ finish: 'cancelled', completed: false, billed: true });
    expect(telemetry.records).toMatchObject([
      {
        finishReason: 'cancelled',
        usage: {
          source: 'provider',
          inputTokens: entry!.inputTokens,
          outputTokens: entry!.outputTokens,
          audioOutputTokens: entry!.audioOutputTokens,
        },
      },
    ]);
  }

  it('are cancelled by the client, and what was generated is billed', async () => {
    socket.send({ type: 'response.create', response: { instructions: 'Tell a long story.' } });
    await next('response.output_audio.delta');
    socket.send({ type: 'response.cancel' });
    await cancelledRecord('client_cancelled');
  });

  it('begin a response when the user is silent', async () => {
    await detectTurns();
    hear(100, 1);
    expect(await next('input_audio_buffer.speech_started')).toMatchObject({ audio_start_ms: 100 });
    hear(100, 0);
    hear(100, 0);
    const committed = next('input_audio_buffer.committed');
    expect(await next('input_audio_buffer.speech_stopped')).toMatchObject({ audio_end_ms: 300 });
    expect(await committed).toMatchObject({ item_id: expect.stringMatching(/^item_/) });
    await next('response.done');
    await telemetry.flush();
    const [entry] = telemetry.emulator.ledger.entries();
    expect(entry).toMatchObject({ audioInputTokens: 3, completed: true });
    expect(telemetry.records).toMatchObject([
      { feature: 'unattributed', finishReason: 'stop', usage: { inputTokens: entry!.inputTokens } },
    ]);
  });

  it('interrupt a response when the user speaks', async () => {
    await detectTurns({ create_response: false });
    socket.send({ type: 'response.create', response: { instructions: 'Tell a long story.' } });
    await next('response.output_audio.delta');
    hear(100, 1);
    await cancelledRecord('turn_detected');
  });

  it('do not begin a response if the client asks for none', async () => {
    await detectTurns({ create_response: false });
    hear(100, 1);
    hear(300, 0);
    await next('conversation.item.done');
    socket.send({ type: 'input_audio_buffer.clear' });
    await next('input_audio_buffer.cleared');
    expect(telemetry.emulator.ledger.entries()).toEqual([]);
  });
});

import Anthropic from '@anthropic-ai/sdk';
import { Controller, Injectable, Module, Post, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  currentLlmCall,
  LlmCall,
  LlmTelemetry,
  LlmTelemetryModule,
  type CallRecord,
} from 'nestjs-llm-telemetry';
import OpenAI from 'openai';
import { Observable } from 'rxjs';
import { registerProviders } from '../opentelemetry.js';

/** Receives the result of `currentLlmCall()`, which represents the scope of the call. */
type OnScope = (scope: object) => void;

/** Annotated methods with all kinds of results. Each one passes its scope to `onScope`. */
@Injectable()
export class SoakService {
  onScope: OnScope = () => {};

  @LlmCall({ feature: 'soak', operation: 'await' })
  async await<T>(work: () => Promise<T>): Promise<T> {
    this.onScope(currentLlmCall()!);
    return await work();
  }

  /** Returns an SDK's lazy promise with extra methods. */
  @LlmCall({ feature: 'soak', operation: 'lazy' })
  lazy<T>(work: () => T): T {
    this.onScope(currentLlmCall()!);
    return work();
  }

  @LlmCall({ feature: 'soak', operation: 'outer' })
  async nested(work: () => Promise<unknown>): Promise<void> {
    this.onScope(currentLlmCall()!);
    await this.await(work);
    await work();
  }

  @LlmCall({ feature: 'soak', operation: 'generate' })
  async *generate(work: () => Promise<AsyncIterable<unknown>>): AsyncGenerator {
    this.onScope(currentLlmCall()!);
    yield* await work();
  }

  @LlmCall({ feature: 'soak', operation: 'observe' })
  observe(work: () => Promise<unknown>): Observable<unknown> {
    this.onScope(currentLlmCall()!);
    return new Observable((subscriber) => {
      work().then(
        (value) => {
          subscriber.next(value);
          subscriber.complete();
        },
        (error: unknown) => subscriber.error(error),
      );
    });
  }

  @LlmCall({ feature: 'soak', operation: 'by_hand' })
  byHand(): void {
    this.onScope(currentLlmCall()!);
    currentLlmCall()!.recordResponse({
      provider: 'local',
      model: 'llama',
      usage: { inputTokens: 3, outputTokens: 2 },
    });
  }
}

@Controller()
class SoakController {
  constructor(
    private readonly service: SoakService,
    private readonly openai: OpenAI,
  ) {}

  @Post('ask')
  async ask(): Promise<{ id: string }> {
    const completion = await this.service.await(() =>
      this.openai.chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: 'Hello.' }],
      }),
    );
    return { id: completion.id };
  }
}

export interface Soaked {
  readonly app: INestApplication;
  readonly url: string;
  readonly service: SoakService;
  readonly telemetry: LlmTelemetry;
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
}

/** Starts the service with all features: spans and metrics in a real SDK, an HTTP server, both providers' SDKs. */
export async function startService(
  urls: { openai: string; anthropic: string },
  onCall: (record: CallRecord) => void,
): Promise<Soaked> {
  registerProviders({ onStart() {}, onEnd() {}, forceFlush: nothing, shutdown: nothing }, true);
  const settings = { apiKey: 'sk-not-a-key', maxRetries: 2 };
  const openai = new OpenAI({ ...settings, baseURL: urls.openai });
  const anthropic = new Anthropic({ ...settings, baseURL: urls.anthropic });

  @Module({
    imports: [LlmTelemetryModule.forRoot({ onCall })],
    providers: [SoakService, { provide: OpenAI, useValue: openai }],
    controllers: [SoakController],
  })
  class SoakModule {}

  const app = await NestFactory.create(SoakModule, new FastifyAdapter({ keepAliveTimeout: 1000 }), {
    logger: false,
  });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  return {
    app,
    url: `http://127.0.0.1:${port}`,
    service: app.get(SoakService),
    telemetry: app.get(LlmTelemetry),
    openai,
    anthropic,
  };
}

const nothing = (): Promise<void> => Promise.resolve();

import { Readable } from 'node:stream';
import Anthropic from '@anthropic-ai/sdk';
import { Controller, Get, Injectable, StreamableFile } from '@nestjs/common';
import { LlmCall, LlmTelemetry } from 'nestjs-llm-telemetry';
import OpenAI, { type APIPromise } from 'openai';
import type { ChatCompletion } from 'openai/resources/chat/completions';
import { defer, from, Observable } from 'rxjs';
import { RecordCollector } from '../../support/record-collector.js';
import { chat, message } from '../../support/prompts.js';
import { startTelemetryApp, type TelemetryApp } from '../../support/telemetry-app.js';

/** Results whose requests are sent while they are consumed. Uses the real SDKs over HTTP. */

export const LAZY = { feature: 'lazy' };

@Injectable()
export class Lazy {
  runs = 0;

  constructor(
    readonly openai: OpenAI,
    readonly anthropic: Anthropic,
  ) {}

  async *lines(): AsyncGenerator<string> {
    for (const text of ['one', 'two'])
      yield (await this.openai.chat.completions.create(chat(text))).choices[0]!.message.content!;
  }

  @LlmCall({ ...LAZY, operation: 'api_promise' })
  apiPromise(): APIPromise<ChatCompletion> {
    return this.openai.chat.completions.create(chat());
  }

  @LlmCall({ ...LAZY, operation: 'message' })
  message(): ReturnType<Lazy['createMessage']> {
    return this.createMessage();
  }

  createMessage() {
    return this.anthropic.messages.create(message('Say hello.'));
  }

  @LlmCall({ ...LAZY, operation: 'api_stream' })
  apiStream() {
    return this.openai.chat.completions.create({ ...chat(), stream: true });
  }

  @LlmCall({ ...LAZY, operation: 'readable' })
  readable(): Readable {
    return Readable.from(this.lines());
  }

  @LlmCall({ ...LAZY, operation: 'readable_promise' })
  async readablePromise(): Promise<Readable> {
    return Readable.from(this.lines());
  }

  @LlmCall({ ...LAZY, operation: 'pull' })
  pull(): ReadableStream<string> {
    const lines = this.lines();
    return new ReadableStream<string>({
      async pull(controller) {
        const { done, value } = await lines.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });
  }

  @LlmCall({ ...LAZY, operation: 'file' })
  file(): StreamableFile {
    return new StreamableFile(Readable.from(this.lines()));
  }

  @LlmCall({ ...LAZY, operation: 'member' })
  member(): { stream: AsyncGenerator<string>; id: string } {
    return { stream: this.lines(), id: 'x' };
  }

  @LlmCall({ ...LAZY, operation: 'iterable' })
  iterable(): AsyncIterable<string> {
    return { [Symbol.asyncIterator]: () => this.lines() };
  }

  @LlmCall({ ...LAZY, operation: 'cold' })
  cold(): Observable<ChatCompletion> {
    return defer(() => from(this.openai.chat.completions.create(chat())));
  }

  @LlmCall({ ...LAZY, operation: 'retried_promise', retry: 2 })
  retriedPromise(): APIPromise<ChatCompletion> {
    this.runs++;
    return this.openai.chat.completions.create(chat());
  }

  @LlmCall({ ...LAZY, operation: 'retried_observable', retry: 2 })
  retriedObservable(after: unknown[] = []): Observable<unknown> {
    this.runs++;
    return new Observable((subscriber) => {
      for (const value of after) subscriber.next(value);
      this.openai.chat.completions.create(chat()).then(
        (completion) => {
          subscriber.next(completion.id);
          subscriber.complete();
        },
        (error: unknown) => subscriber.error(error),
      );
    });
  }

  readonly shared = new Map<string, APIPromise<ChatCompletion>>();

  @LlmCall({ ...LAZY, operation: 'cached', retry: 1 })
  cached(key: string): APIPromise<ChatCompletion> {
    this.runs++;
    const promise = this.shared.get(key) ?? this.openai.chat.completions.create(chat());
    this.shared.set(key, promise);
    return promise;
  }
}

@Controller()
class Files {
  constructor(private readonly lazy: Lazy) {}

  @Get('file')
  file(): StreamableFile {
    return this.lazy.file();
  }
}

export const records = new RecordCollector();
export let telemetry: TelemetryApp;
export let lazy: Lazy;
export let llm: LlmTelemetry;
beforeAll(async () => {
  telemetry = await startTelemetryApp({
    providers: [Lazy],
    controllers: [Files],
    options: { onCall: records.onCall },
  });
  lazy = telemetry.get(Lazy);
  llm = telemetry.get(LlmTelemetry);
});
afterAll(() => telemetry.stop());
beforeEach(() => {
  telemetry.emulator.reset();
  records.clear();
  lazy.runs = 0;
});

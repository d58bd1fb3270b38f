import { Controller, Get, Injectable, SetMetadata, UseFilters } from '@nestjs/common';
import {
  currentLlmCall,
  LlmCall,
  LlmExceptionFilter,
  LlmFeature,
  type CallRecord,
} from 'nestjs-llm-telemetry';
import OpenAI, { type APIPromise } from 'openai';
import type { ChatCompletion } from 'openai/resources/chat/completions';
import { from, Observable } from 'rxjs';
import { chat } from '../../support/prompts.js';
import { CollectedSpans } from '../../support/spans.js';
import { startTelemetryApp, type TelemetryApp } from '../../support/telemetry-app.js';

/** Annotated services and a controller that verify the claims of docs/annotating.md: one application per suite. */

/** Decorators: one sets metadata, one replaces the method. */
const Role = SetMetadata('role', 'agent');
function Shouts(_target: object, _key: string, descriptor: PropertyDescriptor): void {
  const original = descriptor.value as (...args: unknown[]) => string;
  descriptor.value = function (this: unknown, ...args: unknown[]) {
    return original.apply(this, args).toUpperCase();
  };
}

@LlmFeature('support_chat')
@Injectable()
class Support {
  runs = 0;

  constructor(readonly openai: OpenAI) {}

  @LlmCall()
  async draftReply(text = 'Say hello.'): Promise<string> {
    this.runs++;
    return (await this.openai.chat.completions.create(chat(text))).choices[0]!.message.content!;
  }

  @LlmCall({ feature: 'triage', operation: 'classify', attributes: (category) => ({ category }) })
  classify(text: string): string {
    return text.length > 3 ? 'long' : 'short';
  }

  @LlmCall({ retry: 1 })
  async retried(text = 'Say hello.'): Promise<void> {
    this.runs++;
    await this.openai.chat.completions.create(chat(text));
  }

  @LlmCall({ retry: { maxRetries: 3, maxDelayMs: 1000 } })
  async impatient(): Promise<void> {
    this.runs++;
    await this.openai.chat.completions.create(chat());
  }

  @LlmCall({ retry: 2 })
  async *retriedStream(text: string): AsyncGenerator<string> {
    this.runs++;
    const stream = await this.openai.chat.completions.create({ ...chat(text), stream: true });
    for await (const chunk of stream) yield chunk.choices[0]?.delta.content ?? '';
  }

  @LlmCall()
  apiPromise(): APIPromise<ChatCompletion> {
    return this.openai.chat.completions.create(chat());
  }

  @LlmCall()
  async *generator(): AsyncGenerator<string> {
    yield (await this.apiPromise()).id;
  }

  @LlmCall()
  observable(): Observable<string> {
    return from(Promise.resolve('value'));
  }

  @LlmCall()
  async stream(): Promise<AsyncIterable<unknown>> {
    return this.openai.chat.completions.create({ ...chat(), stream: true });
  }

  @Role
  @LlmCall()
  above(_text: string): string {
    return 'above';
  }

  @LlmCall()
  @Role
  below(_text: string): string {
    return 'below';
  }

  @Shouts
  @LlmCall()
  shouted(): string {
    return 'hello';
  }

  @LlmCall()
  byHand(): void {
    const usage = { inputTokens: 1000, outputTokens: 10 };
    const call = currentLlmCall();
    call?.setAttributes({ 'ticket.priority': 'high' });
    call?.recordResponse({ provider: 'openai', model: 'gpt-4o-mini', usage, finishReason: 'stop' });
  }

  @LlmCall()
  handled(): string {
    currentLlmCall()?.recordError(new RangeError('private'), 'parse');
    return 'fallback';
  }
}

@LlmFeature('sales_chat')
@Injectable()
export class Sales extends Support {
  @LlmCall({ operation: 'sales_reply' })
  override async draftReply(text?: string): Promise<string> {
    return super.draftReply(text);
  }
}

@Injectable()
export class Plain extends Support {
  override byHand(): void {}
}

@UseFilters(new LlmExceptionFilter({ message: 'Summary service unavailable' }))
@Controller('replies')
class Replies {
  constructor(private readonly support: Support) {}

  @Get()
  async reply(): Promise<object> {
    return { reply: await this.support.draftReply() };
  }

  @Get('timeout')
  async timeout(): Promise<object> {
    throw new OpenAI.APIConnectionTimeoutError();
  }

  @Get('bug')
  async bug(): Promise<object> {
    throw new TypeError('a bug');
  }
}

export const spans = new CollectedSpans();
export let telemetry: TelemetryApp;
export let support: Support;

beforeAll(async () => {
  telemetry = await startTelemetryApp({ providers: [Support, Sales, Plain], controllers: [Replies] });
  support = telemetry.get(Support);
});
afterAll(() => telemetry.stop());
beforeEach(() => {
  spans.clear();
  telemetry.emulator.reset();
  telemetry.records.length = 0;
  support.runs = 0;
});

export async function records(): Promise<readonly CallRecord[]> {
  await telemetry.flush();
  return telemetry.records;
}

import { Injectable } from '@nestjs/common';
import { LlmCall } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';

const MODEL = 'gpt-4o-mini';
const MAX_TOKENS = 200;
const INSTRUCTION = 'Summarize the following order in 2-3 sentences for a customer.';

/** Thrown if a model response has no summary. */
export class EmptySummaryError extends Error {
  /** @param code - finish reason of the model, such as `content_filter` */
  constructor(readonly code: string | undefined) {
    super('The model response has no summary.');
  }
}

@Injectable()
export class OrderSummaryService {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall({ feature: 'order_dashboard', operation: 'summarize' })
  async summarize(orderText: string): Promise<string> {
    const completion = await this.openai.chat.completions.create({
      model: MODEL,
      max_tokens: MAX_TOKENS,
      temperature: 0,
      messages: messages(orderText),
    });
    const choice = completion.choices[0];
    const summary = choice?.message.content || choice?.message.refusal;
    if (!summary) throw new EmptySummaryError(choice?.finish_reason);
    return summary;
  }

  /** Streams the summary. */
  @LlmCall({ feature: 'order_dashboard', operation: 'summarize_stream' })
  async *summarizeStream(orderText: string): AsyncGenerator<string> {
    const stream = await this.openai.chat.completions.create({
      model: MODEL,
      max_tokens: MAX_TOKENS,
      temperature: 0,
      messages: messages(orderText),
      stream: true,
      stream_options: { include_usage: true },
    });
    let isEmpty = true;
    let finishReason: string | undefined;
    for await (const chunk of stream) {
      const choice = chunk.choices[0];
      finishReason = choice?.finish_reason ?? finishReason;
      const text = choice?.delta.content || choice?.delta.refusal;
      if (!text) continue;
      isEmpty = false;
      yield text;
    }
    if (isEmpty) throw new EmptySummaryError(finishReason);
  }
}

function messages(orderText: string): OpenAI.Chat.Completions.ChatCompletionMessageParam[] {
  return [
    { role: 'system', content: INSTRUCTION },
    { role: 'user', content: orderText },
  ];
}

import { Injectable } from '@nestjs/common';
import { LlmCall } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';

const MODEL = 'gpt-4o-mini';
const MAX_TOKENS = 200;
const INSTRUCTION = 'Summarize the following order in 2-3 sentences for a customer.';

/** The model answered without a summary: its filter took it away. */
export class EmptySummaryError extends Error {}

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
    const message = completion.choices[0]?.message;
    const summary = message?.content || message?.refusal;
    if (!summary) throw new EmptySummaryError();
    return summary;
  }

  /** The same, piece by piece as the model writes it. */
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
    for await (const chunk of stream) {
      const delta = chunk.choices[0]?.delta;
      const text = delta?.content || delta?.refusal;
      if (!text) continue;
      isEmpty = false;
      yield text;
    }
    if (isEmpty) throw new EmptySummaryError();
  }
}

function messages(orderText: string): OpenAI.Chat.Completions.ChatCompletionMessageParam[] {
  return [
    { role: 'system', content: INSTRUCTION },
    { role: 'user', content: orderText },
  ];
}

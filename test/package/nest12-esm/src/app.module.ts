import { Body, Controller, Injectable, Module, Post } from '@nestjs/common';
import { LlmCall, LlmTelemetryModule, type CallRecord } from 'nestjs-llm-telemetry';
import OpenAI from 'openai';

export const records: CallRecord[] = [];

@Injectable()
export class OrderSummaryService {
  constructor(private readonly openai: OpenAI) {}

  @LlmCall({ feature: 'order_dashboard', operation: 'summarize' })
  async summarize(orderText: string): Promise<string> {
    const completion = await this.openai.chat.completions.create({
      model: 'gpt-4o-mini',
      max_tokens: 200,
      messages: [
        { role: 'system', content: 'Summarize this order.' },
        { role: 'user', content: orderText },
      ],
    });
    return completion.choices[0]?.message.content ?? '';
  }
}

@Controller('orders')
export class OrdersController {
  constructor(private readonly summaries: OrderSummaryService) {}

  @Post('summarize')
  async summarize(@Body() body: { order_text: string }): Promise<{ summary: string }> {
    return { summary: await this.summaries.summarize(body.order_text) };
  }
}

@Module({
  imports: [LlmTelemetryModule.forRoot({ onCall: (record) => records.push(record) })],
  controllers: [OrdersController],
  providers: [OrderSummaryService, { provide: OpenAI, useFactory: () => new OpenAI({ maxRetries: 0 }) }],
})
export class AppModule {}

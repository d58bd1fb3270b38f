import { Readable } from 'node:stream';
import { Body, Controller, HttpCode, Post, StreamableFile, UseFilters } from '@nestjs/common';
import { LlmExceptionFilter } from 'nestjs-llm-telemetry';
import { OrderSummaryService } from './order-summary.service.js';
import { SummarizeOrderDto } from './summarize-order.dto.js';

@Controller('orders')
@UseFilters(new LlmExceptionFilter({ message: 'Summary service unavailable' }))
export class OrdersController {
  constructor(private readonly summaries: OrderSummaryService) {}

  @Post('summarize')
  @HttpCode(200)
  async summarize(@Body() body: SummarizeOrderDto): Promise<{ summary: string }> {
    return { summary: await this.summaries.summarize(body.order_text) };
  }

  @Post('summarize/stream')
  @HttpCode(200)
  async stream(@Body() body: SummarizeOrderDto): Promise<StreamableFile> {
    const summary = this.summaries.summarizeStream(body.order_text);
    // Waits for the first piece, so that an early failure can set the HTTP status.
    const first = await summary.next();
    return new StreamableFile(Readable.from(continued(first, summary)), { type: 'text/plain; charset=utf-8' })
      .setErrorHandler((_error, response) => response.destroy?.())
      .setErrorLogger(() => {});
  }
}

async function* continued(
  first: IteratorResult<string>,
  rest: AsyncGenerator<string>,
): AsyncGenerator<Buffer> {
  try {
    if (!first.done) yield Buffer.from(first.value);
    for await (const piece of rest) yield Buffer.from(piece);
  } finally {
    await rest.return(undefined);
  }
}

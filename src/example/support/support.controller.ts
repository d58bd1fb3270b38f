import { Body, Controller, HttpCode, Post, UseFilters } from '@nestjs/common';
import { LlmExceptionFilter } from 'nestjs-llm-telemetry';
import { ClassifyTicketDto } from './classify-ticket.dto.js';
import { TicketTriageService, type Triage } from './ticket-triage.service.js';

@Controller('support')
@UseFilters(new LlmExceptionFilter({ message: 'Classification service unavailable' }))
export class SupportController {
  constructor(private readonly triage: TicketTriageService) {}

  @Post('classify')
  @HttpCode(200)
  classify(@Body() body: ClassifyTicketDto): Promise<Triage> {
    return this.triage.classify(body.ticket_text);
  }
}

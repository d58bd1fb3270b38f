import { Module } from '@nestjs/common';
import { LlmClientsModule } from '../llm-clients.module.js';
import { SupportController } from './support.controller.js';
import { TicketTriageService } from './ticket-triage.service.js';

@Module({ imports: [LlmClientsModule], controllers: [SupportController], providers: [TicketTriageService] })
export class SupportModule {}

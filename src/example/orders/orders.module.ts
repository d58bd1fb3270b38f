import { Module } from '@nestjs/common';
import { LlmClientsModule } from '../llm-clients.module.js';
import { OrderSummaryService } from './order-summary.service.js';
import { OrdersController } from './orders.controller.js';

@Module({ imports: [LlmClientsModule], controllers: [OrdersController], providers: [OrderSummaryService] })
export class OrdersModule {}

import { Module, type ExecutionContext } from '@nestjs/common';
import { LlmTelemetryModule, type RequestIdentity } from 'nestjs-llm-telemetry';
import { HealthController } from './health/health.controller.js';
import { OrdersModule } from './orders/orders.module.js';
import { SupportModule } from './support/support.module.js';

@Module({
  imports: [LlmTelemetryModule.forRoot({ requestContext }), OrdersModule, SupportModule],
  controllers: [HealthController],
})
export class AppModule {}

/** Whom a request is served for: the telemetry of its model calls says so. */
function requestContext(context: ExecutionContext): RequestIdentity {
  const { body } = context.switchToHttp().getRequest<{ body?: { user_id?: string } }>();
  return { userId: body?.user_id };
}

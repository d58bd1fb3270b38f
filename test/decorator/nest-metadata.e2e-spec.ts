import {
  Controller,
  Get,
  Param,
  ParseIntPipe,
  SetMetadata,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { LlmCall } from 'nestjs-llm-telemetry';
import request from 'supertest';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';

/** Rejects requests without the role that the handler requires. */
class RolesGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const role = new Reflector().get<string | undefined>('role', context.getHandler());
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return role === undefined || headers['x-role'] === role;
  }
}

const NAME = { feature: 'orders', operation: 'count' };
const Role = SetMetadata('role', 'admin');

@Controller('orders')
@UseGuards(RolesGuard)
class OrdersController {
  private readonly factor = 2;

  @Get('above/:id')
  @Role
  @LlmCall(NAME)
  above(@Param('id', ParseIntPipe) id: number): number {
    return id * this.factor;
  }

  @LlmCall(NAME)
  @Get('below/:id')
  @Role
  below(@Param('id', ParseIntPipe) id: number): number {
    return id * this.factor;
  }

  @Get('between/:id')
  @LlmCall(NAME)
  @Role
  between(@Param('id', ParseIntPipe) id: number): number {
    return id * this.factor;
  }
}

// getsentry/sentry-javascript#14384, pragmaticivan/nestjs-otel#538: wrapped methods lose their metadata and name.
describe('@LlmCall on the handler of a route', () => {
  let telemetry: TelemetryApp;
  beforeAll(async () => {
    telemetry = await startTelemetryApp({ controllers: [OrdersController] });
  });
  afterAll(() => telemetry.stop());
  beforeEach(() => {
    telemetry.records.length = 0;
  });

  const get = (path: string, role: string) =>
    request(telemetry.app.getHttpServer() as never)
      .get(path)
      .set('x-role', role);

  const PLACES = ['above', 'below', 'between'];

  // https://github.com/open-telemetry/opentelemetry-js-contrib/pull/796: the wrapped handler had no roles, so every
  // request passed.
  it.each(PLACES)('keeps the metadata that a guard reads, with other decorators %s it', async (place) => {
    await get(`/orders/${place}/7`, 'guest').expect(403);
    expect(telemetry.records).toEqual([]);
  });

  // https://github.com/Papooch/decorate-all/issues/2: the route of a wrapped handler was not found.
  // https://github.com/nestjs/nest/issues/9855: `this` was the prototype, without fields and injected providers.
  it.each(PLACES)(
    'keeps the route, the parameters with pipes, and the value of this, with other decorators %s it',
    async (place) => {
      await get(`/orders/${place}/7`, 'admin').expect(200, '14');
      await get(`/orders/${place}/seven`, 'admin').expect(400);
      expect(telemetry.records).toMatchObject([{ ...NAME, route: `GET /orders/${place}/:id` }]);
    },
  );
});

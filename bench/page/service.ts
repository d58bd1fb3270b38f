import type { AddressInfo } from 'node:net';
import { Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { LlmTelemetryModule } from 'nestjs-llm-telemetry';
import type { CallStore } from 'nestjs-llm-telemetry/store';
import { Records } from '../store/records.js';

export const DAY = 86_400_000;

/** Service with a dashboard and a store that holds the traffic of the last `days` days. */
export class Service {
  private constructor(
    private readonly app: INestApplication,
    readonly url: string,
  ) {}

  static async start(path: string, days: number, callsPerDay: number): Promise<Service> {
    @Module({
      imports: [
        LlmTelemetryModule.forRoot({ store: { path, retention: { callDays: 2 * days, maxBytes: 1e12 } } }),
      ],
    })
    class ServiceModule {}

    const app = await NestFactory.create(ServiceModule, new FastifyAdapter(), { logger: ['warn', 'error'] });
    await fill(app.get<CallStore>(Symbol.for('nestjs-llm-telemetry.store.v1')), days, callsPerDay);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new Service(app, `http://127.0.0.1:${port}/llm`);
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}

async function fill(store: CallStore, days: number, callsPerDay: number): Promise<void> {
  const records = new Records();
  const now = Date.now();
  const calls = days * callsPerDay;
  for (let index = 0; index < calls; index++) {
    store.record(records.next(now - days * DAY + (index / calls) * days * DAY));
    if (index % 10_000 === 9999) await store.flush();
  }
  await store.flush();
  const { kept, dropped } = await store.status();
  if (kept < calls) throw new Error(`${kept} of ${calls} calls were kept: ${JSON.stringify(dropped)}`);
}

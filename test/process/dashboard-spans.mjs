/**
 * Runs an application with a dashboard and OpenTelemetry's NodeSDK with all automatic instrumentations. The first
 * argument is the platform (`express` or `fastify`). Requests the paths in the remaining arguments and prints the
 * server spans: scope, name and attributes.
 */
import { once, EventEmitter } from 'node:events';
import { createRequire } from 'node:module';

// Uses CommonJS only, because the instrumentations patch modules that are loaded with `require`.
const require = createRequire(import.meta.url);
const { getNodeAutoInstrumentations } = require('@opentelemetry/auto-instrumentations-node');
const { NodeSDK } = require('@opentelemetry/sdk-node');

const SERVER = 1;
const CLIENT = 2;
const spans = [];
const ended = new EventEmitter();
const processor = {
  onStart() {},
  onEnd(span) {
    if (span.kind !== CLIENT) spans.push(span);
    if (span.kind === SERVER) ended.emit('request');
  },
  forceFlush: async () => {},
  shutdown: async () => {},
};
const sdk = new NodeSDK({
  spanProcessors: [processor],
  instrumentations: [
    getNodeAutoInstrumentations({
      '@opentelemetry/instrumentation-fs': { enabled: false },
      '@opentelemetry/instrumentation-http': { redactedQueryParams: [] },
    }),
  ],
});
sdk.start();

const [, , platform, ...paths] = process.argv;
require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { LlmTelemetryModule } = require('nestjs-llm-telemetry');
const { get } = require('node:http');
const adapters = {
  express: () => new (require('@nestjs/platform-express').ExpressAdapter)(),
  fastify: () => new (require('@nestjs/platform-fastify').FastifyAdapter)(),
};

class AppModule {}
const dashboard = { token: process.env.TEST_TOKEN };
Module({ imports: [LlmTelemetryModule.forRoot({ store: 'memory', dashboard })] })(AppModule);
const app = await NestFactory.create(AppModule, adapters[platform](), { logger: false });
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address();
for (const path of paths) {
  const end = once(ended, 'request');
  get({ port, host: '127.0.0.1', path, agent: false }, (response) => response.resume());
  await end;
}
await app.close();
await sdk.shutdown();
process.stdout.write(
  JSON.stringify(
    spans.map(({ name, attributes, instrumentationScope }) => ({
      scope: instrumentationScope.name,
      name,
      attributes,
    })),
  ),
);

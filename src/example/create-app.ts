import type { Server } from 'node:http';
import { ConsoleLogger, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppConfig } from './app-config.js';
import { AppModule } from './app.module.js';

export async function createApp(config: AppConfig): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
    logger: new ConsoleLogger({ logLevels: config.logLevels, json: config.production }),
  });
  return configureApp(app);
}

/** Configures an application, also one that a test created. */
export function configureApp(app: NestFastifyApplication): NestFastifyApplication {
  // Removes unknown fields of a body and validates the others.
  app.useGlobalPipes(new ValidationPipe({ whitelist: true }));
  closeConnectionsOnceClosing(app.getHttpServer());
  return app;
}

/** Closes idle keep-alive connections on shutdown, which would delay it by 72 seconds. */
function closeConnectionsOnceClosing(server: Server): void {
  server.on('request', (_request, response) => {
    response.once('close', () => {
      if (!server.listening) server.closeIdleConnections();
    });
  });
}

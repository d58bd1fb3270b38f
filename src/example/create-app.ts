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

/** What the service needs of its application, whoever has created it. */
export function configureApp(app: NestFastifyApplication): NestFastifyApplication {
  // Fields that a body should not have are dropped; those it should have are checked, each error naming its field.
  app.useGlobalPipes(new ValidationPipe({ whitelist: true }));
  closeConnectionsOnceClosing(app.getHttpServer());
  return app;
}

/** A connection that its client keeps alive after the last answer would hold up the end for another 72 seconds. */
function closeConnectionsOnceClosing(server: Server): void {
  server.on('request', (_request, response) => {
    response.once('close', () => {
      if (!server.listening) server.closeIdleConnections();
    });
  });
}

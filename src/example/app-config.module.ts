import { Module } from '@nestjs/common';
import { appConfig } from './app-config.js';

export const APP_CONFIG = Symbol('APP_CONFIG');

/** The configuration, for all who need a part of it. */
@Module({
  providers: [{ provide: APP_CONFIG, useFactory: appConfig }],
  exports: [APP_CONFIG],
})
export class AppConfigModule {}

import { inspect } from 'node:util';
import { ConsoleLogger, type LogLevel } from '@nestjs/common';

export interface LogEntry {
  readonly level: LogLevel;
  readonly context: string;
  readonly message: unknown;
  /** Text as printed by Nest's logger. */
  readonly text: string;
}

/** Nest logger that collects its entries in a list. */
export class CapturedLogger extends ConsoleLogger {
  readonly entries: LogEntry[] = [];

  constructor() {
    super({ colors: false });
  }

  protected override printMessages(messages: unknown[], context = '', level: LogLevel = 'log'): void {
    for (const message of messages) {
      this.entries.push({
        level,
        context,
        message,
        text: typeof message === 'string' ? message : inspect(message),
      });
    }
  }

  /** Returns the entries of one context. */
  of(context: string): LogEntry[] {
    return this.entries.filter((entry) => entry.context === context);
  }
}

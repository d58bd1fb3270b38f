import { inspect } from 'node:util';

/**
 * The fields of a log line. Loggers that write JSON (Nest's own with `json: true`, nestjs-pino) get the fields; those
 * that write text get one line in logfmt, where Nest's own would print a plain object over many.
 */
export abstract class LogLine {
  /** The fields as `key=value`, quoted where a value holds a space, a quote or an equals sign. */
  toString(): string {
    return Object.entries(this)
      .map(([key, value]) => `${key}=${logfmtValue(String(value))}`)
      .join(' ');
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

function logfmtValue(value: string): string {
  // A model's name comes from outside: it must not be able to start a line of its own.
  return /^[^\s"=\p{Cc}]+$/u.test(value) ? value : JSON.stringify(value);
}

import { inspect } from 'node:util';

/**
 * Fields of a log line. JSON loggers (Nest's own with `json: true`, nestjs-pino) receive the fields; text loggers print one
 * line in logfmt, where Nest's own would print a plain object on many lines.
 */
export abstract class LogLine {
  /** Formats the fields as `key=value`, quoted if a value contains a space, a quote or an equals sign. */
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
  // Model names come from outside and must not inject lines.
  return /^[^\s"=\p{Cc}]+$/u.test(value) ? value : JSON.stringify(value);
}

import { BadRequestException } from '@nestjs/common';
import type { TimeRange } from '../../../store/measures.js';
import { boundedName } from '../../../text/bounded-name.js';
import { lastDay } from '../../../analytics/queries/period.js';
import { parseTimestamp } from './timestamp.js';
import { urlOf, type PlatformRequest } from '../http/platform.js';
import { DAY, HOUR, MINUTE } from '../../../units/time.js';

/**
 * Query parameters, validated as they are read. Messages quote a value only if it is short and plain, so that no message
 * contains markup.
 *
 * @throws BadRequestException
 */
export class Parameters {
  private readonly query: URLSearchParams;

  constructor(request: PlatformRequest, known: readonly string[]) {
    this.query = urlOf(request).query;
    // The token is checked by a guard, and is not part of the query.
    this.query.delete('token');
    for (const name of this.query.keys()) {
      if (!known.includes(name))
        throw new BadRequestException(
          `Unknown query parameter${quoted(name)}. Allowed: ${known.length > 0 ? known.join(', ') : 'none'}.`,
        );
    }
  }

  /** Returns the value of a parameter, or `undefined` if it is missing. */
  one(name: string): string | undefined {
    const values = this.query.getAll(name);
    if (values.length > 1)
      throw new BadRequestException(`Query parameter "${name}" is repeated. It can be given once.`);
    const [value] = values;
    if (value !== undefined && value.length > MAX_LENGTH) throw tooLong(name);
    return value;
  }

  /** Returns names, truncated to the limit of the store. */
  many(name: string): readonly string[] | undefined {
    const values = this.query.getAll(name);
    if (values.length > MAX_VALUES)
      throw new BadRequestException(
        `Query parameter "${name}" is repeated ${values.length} times. It can be given at most ${MAX_VALUES} times.`,
      );
    return values.length > 0 ? values.map(boundedName) : undefined;
  }

  /** Returns names. An empty value becomes `null` and selects calls without a name. */
  manyOrNone(name: string): ReadonlyArray<string | null> | undefined {
    return this.many(name)?.map((value) => (value === '' ? null : value));
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.one(name);
    return value === undefined ? undefined : allowedIn(name, allowed, value);
  }

  manyOf<T extends string>(name: string, allowed: readonly T[]): readonly T[] | undefined {
    const values = this.many(name)?.map((value) => allowedIn(name, allowed, value));
    if (values && new Set(values).size < values.length)
      throw new BadRequestException(`Query parameter "${name}" has the same value twice.`);
    return values;
  }

  flag(name: string): boolean | undefined {
    const value = this.oneOf(name, ['true', 'false']);
    return value === undefined ? undefined : value === 'true';
  }

  integer(name: string, min: number, max: number): number | undefined {
    const value = this.one(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (!/^-?\d+$/.test(value) || number < min || number > max)
      throw invalid(name, value, `an integer from ${min} to ${max}`);
    return number;
  }

  /** Parses a duration (`15m`, `2h`, `1d`) to milliseconds. */
  duration(name: string): number | undefined {
    const value = this.one(name);
    if (value === undefined) return undefined;
    const [, number, unit] = /^([1-9]\d{0,3})([mhd])$/.exec(value) ?? [];
    if (!number || !unit) throw invalid(name, value, 'a duration such as 15m, 2h or 1d');
    return Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }

  /** Returns the range `from`–`to`. `to` defaults to now, `from` to 24 hours before `to`. */
  range(): TimeRange {
    const to = this.timestamp('to') ?? lastDay().to;
    const from = this.timestamp('from') ?? to - UNIT_MS.d;
    if (from >= to) throw new BadRequestException('Invalid range: from must be before to.');
    return { from, to };
  }

  private timestamp(name: string): number | undefined {
    const value = this.one(name);
    if (value === undefined) return undefined;
    const moment = parseTimestamp(value);
    if (moment === null)
      throw invalid(name, value, 'an ISO 8601 timestamp between 2000 and 2100, such as 2026-11-24T14:45:00Z');
    return moment;
  }
}

const MAX_VALUES = 50;
const MAX_LENGTH = 200;
const UNIT_MS = { m: MINUTE, h: HOUR, d: DAY };

function allowedIn<T extends string>(name: string, allowed: readonly T[], value: string): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined)
    throw new BadRequestException(`Invalid ${name}${quoted(value)}. Allowed: ${allowed.join(', ')}.`);
  return found;
}

function invalid(name: string, value: string, expected: string): BadRequestException {
  return new BadRequestException(`Invalid ${name}${quoted(value)}. Expected ${expected}.`);
}

/** Returns a space and the quoted value, or an empty string if the value is long or may contain markup. */
function quoted(value: string): string {
  return /^[\w .:+@/-]{0,60}$/.test(value) ? ` "${value}"` : '';
}

function tooLong(name: string): BadRequestException {
  return new BadRequestException(`Query parameter "${name}" is longer than ${MAX_LENGTH} characters.`);
}

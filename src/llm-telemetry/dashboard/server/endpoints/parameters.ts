import { BadRequestException } from '@nestjs/common';
import type { TimeRange } from '../../../store/measures.js';
import { boundedName } from '../../../text/bounded-name.js';
import { lastDay } from '../../../analytics/queries/period.js';
import { momentOf } from './moment.js';
import { urlOf, type PlatformRequest } from '../http/platform.js';

/**
 * The parameters of a query, each of which is checked as it is read. Messages quote what was received only if it is short
 * and plain, so that no message carries markup.
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

  /** `undefined`: it is not there. */
  one(name: string): string | undefined {
    const values = this.query.getAll(name);
    if (values.length > 1)
      throw new BadRequestException(`Query parameter "${name}" is repeated. It can be given once.`);
    const [value] = values;
    if (value !== undefined && value.length > MAX_LENGTH) throw tooLong(name);
    return value;
  }

  /** Names, cut as the store cuts them. */
  many(name: string): readonly string[] | undefined {
    const values = this.query.getAll(name);
    if (values.length > MAX_VALUES)
      throw new BadRequestException(
        `Query parameter "${name}" is repeated ${values.length} times. It can be given at most ${MAX_VALUES} times.`,
      );
    return values.length > 0 ? values.map(boundedName) : undefined;
  }

  /** Names, of which the empty one stands for none. */
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
      throw invalid(name, value, `a whole number from ${min} to ${max}`);
    return number;
  }

  /** `15m`, `2h`, `1d`, in milliseconds. */
  length(name: string): number | undefined {
    const value = this.one(name);
    if (value === undefined) return undefined;
    const [, number, unit] = /^([1-9]\d{0,3})([mhd])$/.exec(value) ?? [];
    if (!number || !unit)
      throw invalid(name, value, 'a number of minutes, hours or days, such as 15m, 2h or 1d');
    return Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }

  /** `from` and `to`; the 24 hours until `to`, or until now, where they are left out. */
  range(): TimeRange {
    const to = this.moment('to') ?? lastDay().to;
    const from = this.moment('from') ?? to - UNIT_MS.d;
    if (from >= to) throw new BadRequestException('Invalid range: from is not before to.');
    return { from, to };
  }

  private moment(name: string): number | undefined {
    const value = this.one(name);
    if (value === undefined) return undefined;
    const moment = momentOf(value);
    if (moment === null)
      throw invalid(name, value, 'a moment in ISO 8601 between 2000 and 2100, such as 2026-11-24T14:45:00Z');
    return moment;
  }
}

const MAX_VALUES = 50;
const MAX_LENGTH = 200;
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function allowedIn<T extends string>(name: string, allowed: readonly T[], value: string): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined)
    throw new BadRequestException(`Invalid ${name}${quoted(value)}. Allowed: ${allowed.join(', ')}.`);
  return found;
}

function invalid(name: string, value: string, expected: string): BadRequestException {
  return new BadRequestException(`Invalid ${name}${quoted(value)}. Expected ${expected}.`);
}

/** A value in quotation marks, after a space; empty if it is long or could be markup. */
function quoted(value: string): string {
  return /^[\w .:+@/-]{0,60}$/.test(value) ? ` "${value}"` : '';
}

function tooLong(name: string): BadRequestException {
  return new BadRequestException(`Query parameter "${name}" is longer than ${MAX_LENGTH} characters.`);
}

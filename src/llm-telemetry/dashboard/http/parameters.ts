import { BadRequestException } from '@nestjs/common';
import type { TimeRange } from '../../store/measures.js';
import { lastDay } from '../queries/period.js';
import { momentOf } from './moment.js';
import { urlOf, type PlatformRequest } from './platform.js';

/**
 * The parameters of a query, each of which is checked as it is read. What is wrong is said in words of our own, which
 * repeat nothing of what was sent.
 *
 * @throws BadRequestException
 */
export class Parameters {
  private readonly query: URLSearchParams;

  constructor(request: PlatformRequest, known: readonly string[]) {
    this.query = urlOf(request).query;
    // It has let the request in, and is none of the query.
    this.query.delete('token');
    for (const name of this.query.keys()) {
      if (!known.includes(name))
        throw new BadRequestException(
          `There is a parameter that is not known. Known are: ${known.join(', ')}.`,
        );
    }
  }

  /** `undefined`: it is not there. */
  one(name: string): string | undefined {
    const values = this.query.getAll(name);
    if (values.length > 1) throw new BadRequestException(`${name} can be given only once.`);
    const [value] = values;
    if (value !== undefined && value.length > MAX_LENGTH) throw tooLong(name);
    return value;
  }

  many(name: string): readonly string[] | undefined {
    const values = this.query.getAll(name);
    if (values.length > MAX_VALUES)
      throw new BadRequestException(`${name} can be given at most ${MAX_VALUES} times.`);
    if (values.some((value) => value.length > MAX_LENGTH)) throw tooLong(name);
    return values.length > 0 ? values : undefined;
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
      throw new BadRequestException(`${name} has a value twice.`);
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
      throw new BadRequestException(`${name} is a whole number from ${min} to ${max}.`);
    return number;
  }

  /** `15m`, `2h`, `1d`, in milliseconds. */
  length(name: string): number | undefined {
    const value = this.one(name);
    if (value === undefined) return undefined;
    const [, number, unit] = /^([1-9]\d{0,3})([mhd])$/.exec(value) ?? [];
    if (!number || !unit)
      throw new BadRequestException(`${name} is a number of minutes, hours or days: 15m, 2h, 1d.`);
    return Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }

  /** `from` and `to`; the 24 hours until `to`, or until now, where they are left out. */
  range(): TimeRange {
    const to = this.moment('to') ?? lastDay().to;
    const from = this.moment('from') ?? to - UNIT_MS.d;
    if (from >= to) throw new BadRequestException('from is not before to.');
    return { from, to };
  }

  private moment(name: string): number | undefined {
    const value = this.one(name);
    if (value === undefined) return undefined;
    const moment = momentOf(value);
    if (moment === null)
      throw new BadRequestException(
        `${name} is a moment in ISO 8601 between 2000 and 2100, such as 2026-11-24T14:45:00Z.`,
      );
    return moment;
  }
}

const MAX_VALUES = 50;
const MAX_LENGTH = 200;
const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function allowedIn<T extends string>(name: string, allowed: readonly T[], value: string): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new BadRequestException(`${name} can only be ${allowed.join(', ')}.`);
  return found;
}

function tooLong(name: string): BadRequestException {
  return new BadRequestException(`${name} is longer than ${MAX_LENGTH} characters.`);
}

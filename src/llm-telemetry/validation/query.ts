import * as v from 'valibot';
import { didYouMean } from './message-text.js';
import { problemsIn } from './problems.js';
import type { Parsed } from './schema.js';

/** A query parameter: how often it can be given, and which values it accepts. */
export interface Parameter<Value> {
  /** @throws QueryError */
  parse(name: string, values: readonly string[]): Value;
}

export type QueryParameters = Readonly<Record<string, Parameter<unknown>>>;

/** The values of a query. Parameters that were not given are `undefined`. */
export type QueryOf<Parameters extends QueryParameters> = {
  readonly [Name in keyof Parameters]: Parameters[Name] extends Parameter<infer Value> ? Value : never;
};

/** Thrown for an invalid query. The message is safe to be sent to the client and contains no markup. */
export class QueryError extends Error {}

/** Validates a query against the parameters that it can have. @throws QueryError */
export function parseQuery<Parameters extends QueryParameters>(
  parameters: Parameters,
  query: URLSearchParams,
): QueryOf<Parameters> {
  const known = Object.keys(parameters);
  for (const name of query.keys()) {
    if (known.includes(name)) continue;
    throw new QueryError(
      `Unknown query parameter${isPlain(name) ? ` "${name}"` : ''}.${didYouMean(name.slice(0, MAX_QUOTE_LENGTH), known)} ` +
        `Allowed: ${known.join(', ') || 'none'}.`,
    );
  }
  const values = Object.entries(parameters).map(([name, parameter]) => [
    name,
    parameter.parse(name, query.getAll(name)),
  ]);
  return Object.fromEntries(values) as QueryOf<Parameters>;
}

/** A parameter that can be given once. */
export function once<Value>(schema: Parsed<Value>): Parameter<Value | undefined> {
  return {
    parse: (name, values) => {
      if (values.length > 1)
        throw new QueryError(`Query parameter "${name}" is repeated. It can be given once.`);
      const [text] = values;
      return text === undefined ? undefined : parseValue(schema, name, text);
    },
  };
}

/** A parameter that must be given once. */
export function required<Value>(schema: Parsed<Value>): Parameter<Value> {
  const { parse } = once(schema);
  return {
    parse: (name, values) => {
      const value = parse(name, values);
      if (value === undefined) throw missing(schema, name);
      return value;
    },
  };
}

/** A parameter that can be repeated. `distinct`: not with the same value. */
export function list<Value>(
  schema: Parsed<Value>,
  { max = MAX_VALUES, distinct = false }: { readonly max?: number; readonly distinct?: boolean } = {},
): Parameter<readonly Value[] | undefined> {
  return {
    parse: (name, values) => {
      if (values.length > max)
        throw new QueryError(
          `Query parameter "${name}" is repeated ${values.length} times. It can be given at most ${max} times.`,
        );
      if (values.length === 0) return undefined;
      const parsed = values.map((text) => parseValue(schema, name, text));
      if (distinct && new Set(parsed).size < parsed.length)
        throw new QueryError(`Query parameter "${name}" has the same value twice.`);
      return parsed;
    },
  };
}

/** A parameter that must be given at least once. */
export function requiredList<Value>(
  schema: Parsed<Value>,
  limits?: Parameters<typeof list>[1],
): Parameter<readonly [Value, ...Value[]]> {
  const { parse } = list(schema, limits);
  return {
    parse: (name, values) => {
      const parsed = parse(name, values);
      if (parsed === undefined) throw missing(schema, name);
      return parsed as readonly Value[] as readonly [Value, ...Value[]];
    },
  };
}

/** Maximum number of values of a parameter. */
const MAX_VALUES = 50;
const MAX_QUOTE_LENGTH = 60;

function parseValue<Value>(schema: Parsed<Value>, name: string, text: string): Value {
  const result = v.safeParse(schema, text);
  if (result.success) return result.output;
  const [problem] = problemsIn(schema, text, () => describeText(text));
  throw new QueryError(problem!.sentence(() => `Query parameter "${name}"`));
}

function missing(schema: Parsed<unknown>, name: string): QueryError {
  const expected = v.safeParse(schema, undefined).issues?.[0].message ?? '';
  return new QueryError(`Missing query parameter "${name}". It must be ${expected}.`);
}

/** Quotes only short and plain values, so that no message contains markup. */
function describeText(text: string): string {
  if (text === '') return 'an empty value';
  return isPlain(text) ? `"${text}"` : `a text of ${text.length} characters`;
}

function isPlain(text: string): boolean {
  return text.length <= MAX_QUOTE_LENGTH && /^[\w .:+@/-]*$/.test(text);
}

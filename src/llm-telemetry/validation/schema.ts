import * as v from 'valibot';
import { didYouMean } from './message-text.js';
import { HINT, isObject, PARENT, PATH } from './problems.js';

/**
 * Building blocks for the schemas of options. This folder and the `*.schema.ts` files are loaded when the module starts,
 * not when the library is imported. Eagerly imported files must not import them.
 *
 * The message of a schema is its expectation ("a positive number"); `problems.ts` builds the sentence.
 */
export type Schema = v.GenericSchema;
/** Schema that also determines the type of what it accepts. */
export type Parsed<Value> = v.GenericSchema<unknown, Value>;

/** Accepts `undefined`, such as an unset variable of `process.env`. */
export function optional(schema: Schema): Schema {
  return v.optional(schema);
}

/** Accepts a value that passes `test`. */
export function value(expected: string, test: (input: unknown) => boolean): Schema {
  return v.custom(test, expected);
}

/** Accepts finite numbers that pass `test`. Numeric strings are rejected. */
export function number(expected: string, test: (input: number) => boolean): Schema {
  return value(expected, (input) => typeof input === 'number' && Number.isFinite(input) && test(input));
}

export const boolean = value('true or false', (input) => typeof input === 'boolean');

export const callback = value('a function', (input) => typeof input === 'function');

/** Accepts non-empty strings. */
export function text(expected: string): Schema {
  return value(expected, (input) => typeof input === 'string' && input.trim() !== '');
}

/** Accepts and parses strings. `parse` returns `undefined` for those that are invalid. */
export function parsed<Value>(expected: string, parse: (input: string) => Value | undefined): Parsed<Value> {
  return v.pipe(
    v.string(expected),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const result = parse(dataset.value);
      if (result !== undefined) return result;
      addIssue({ message: expected });
      return NEVER;
    }),
  );
}

/** Accepts one of some strings. */
export function oneOf<const Name extends string>(names: readonly Name[], more = ''): Parsed<Name> {
  const expected = alternatives(names.map((name) => JSON.stringify(name))) + more;
  return v.custom<Name>(
    (input) => names.includes(input as Name),
    ({ input }) => (typeof input === 'string' ? `${expected}${HINT}${didYouMean(input, names)}` : expected),
  );
}

/** Accepts arrays. */
export function listOf(item: Schema, expected: string): Schema {
  return v.array(item, expected);
}

/** Accepts objects with any own keys, and validates their values. */
export function recordOf(item: Schema, expected: string): Schema {
  const schema = v.record(v.string(), item, expected);
  return v.lazy((input) => {
    if (!isObject(input)) return refused(expected);
    const reserved = Object.keys(input).find((key) => RESERVED.has(key));
    return reserved === undefined
      ? schema
      : checked(v.any(), () => [{ message: RESERVED_NAME, at: [reserved] }]);
  });
}

/** Keys that valibot omits from records. */
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor']);
const RESERVED_NAME = `${PATH} is a reserved name of JavaScript and cannot be used.`;

/**
 * Accepts objects with the keys of `Options` only, and reports unknown keys with the nearest known key. The compiler
 * checks that every key has a schema.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- callers name the type that the keys must match
export function objectOf<Options extends object>(
  entries: { readonly [Key in keyof Required<Options>]: Schema },
  expected = 'an object',
): Schema {
  const own: Readonly<Record<string, Schema>> = entries;
  const known = Object.keys(own);
  const schema = v.pipe(
    v.looseObject(own, (issue) => expectationOf(own, issue) ?? expected),
    v.rawCheck(({ dataset, addIssue }) => {
      const input = dataset.value as Readonly<Record<string, unknown>>;
      for (const key of Object.keys(input)) {
        if (known.includes(key)) continue;
        const hint = didYouMean(key, known) || ` Known options: ${known.join(', ')}.`;
        addIssue({
          message: `unknown option ${JSON.stringify(key)}${PARENT}.${hint}`,
          path: [{ type: 'object', origin: 'key', input, key, value: input[key] }],
        });
      }
    }),
  );
  return v.lazy((input) => (isObject(input) ? schema : refused(expected)));
}

/** Selects a schema by the value. A union would report the expectation of each member, which is hard to read. */
export function chosen(choose: (input: unknown) => Schema): Schema {
  return v.lazy(choose);
}

/** Rejects every value. */
export function refused(expected: string): Schema {
  return value(expected, () => false);
}

/** Adds a check of the whole value, which runs if all its parts are valid. `check` returns the problems. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- callers name the type that the schema has proven
export function checked<Value>(schema: Schema, check: (valid: Value) => readonly CheckFailure[]): Schema {
  return v.pipe(
    schema,
    v.rawCheck(({ dataset, addIssue }) => {
      if (dataset.issues) return;
      for (const { message, at = [] } of check(dataset.value as Value)) {
        addIssue({
          message,
          path: at.length === 0 ? undefined : (at.map(pathItem) as unknown as [v.IssuePathItem]),
        });
      }
    }),
  );
}

/** A problem that `checked` found. `message` can contain the placeholder `PATH`. */
export interface CheckFailure {
  readonly message: string;
  readonly at?: ReadonlyArray<string | number>;
}

function pathItem(key: string | number): v.IssuePathItem {
  return { type: 'unknown', origin: 'value', input: null, key, value: null };
}

/** Returns the expectation of a missing entry. */
function expectationOf(
  entries: Readonly<Record<string, Schema>>,
  { path }: v.BaseIssue<unknown>,
): string | null {
  const key = path?.at(-1)?.key;
  const schema = typeof key === 'string' ? entries[key] : undefined;
  return schema ? (v.safeParse(schema, undefined).issues?.[0].message ?? null) : null;
}

function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}`;
}

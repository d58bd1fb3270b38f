/**
 * Describes the stored form of a type: visits each field once, in the order in which the values are stored, and returns
 * an object of the type.
 *
 * One function serves both directions, and its return type makes a missing field a compile error. To write, it gets
 * the object and returns a copy that is discarded. To read, it gets an object without values and returns the restored
 * one.
 *
 * ```ts
 * const trace: FieldsOf<Trace> = (at, { traceId, spanId }) => ({ traceId: at.text(traceId), spanId: at.text(spanId) });
 * ```
 *
 * To add a field, visit it last, with a method whose default is right for texts that are older than the field. Never
 * move or remove a visit: the position identifies the field.
 */
export type FieldsOf<Type> = (at: Visitor, value: Type) => Complete<Type>;

/** `Type` with its optional fields present, so that the compiler asks for them too. */
type Complete<Type> = { readonly [Name in keyof Required<Type>]: Type[Name] };

/**
 * Visits the values of an object's fields. A position that is missing or `null` has the default: values at the end that
 * equal their default are not stored.
 */
export interface Visitor {
  /** A number. Default 0. */
  number(value: number): number;
  /** A boolean. Default `false`. */
  flag(value: boolean): boolean;
  /** A JSON value that is stored unchanged. */
  plain<Value>(value: Value & Json<Value>, absent: Value): Value;
  /** Values by name. Default empty. */
  map<Value extends object>(value: Value & Json<Value>, absent: Value): Value;
  /** A JSON value, or `null`. Default `null`. */
  nullable<Value>(value: Value & Json<Value>): Value | null;
  /** A JSON value, or `null`, that usually equals an earlier one, which is the default. */
  nullableOr<Value extends string | number>(value: Value | null, absent: Value | null): Value | null;
  /** A JSON value of an optional field. Default `undefined`. */
  optional<Value>(value: Value & Json<Value>): Value | undefined;
  /** An object. */
  object<Value>(value: Value, fields: FieldsOf<Value>): Value;
  /** An object, or `null`. Default `null`. */
  nullableObject<Value>(value: Value | null, fields: FieldsOf<Value>): Value | null;
  /** A list of objects. Default empty. */
  list<Value>(values: readonly Value[], fields: FieldsOf<Value>): readonly Value[];
  /** An object, or `null`, that usually is the identical object of one of `owners`: then its index is stored. */
  shared<Value, Owner>(
    value: Value | null,
    owners: readonly Owner[],
    valueOf: (owner: Owner) => Value | null,
    fields: FieldsOf<Value>,
  ): Value | null;
  /** A value with a custom stored form; `null` or `undefined` stands for the default. */
  coded<Value>(value: Value, encode: (value: Value) => unknown, decode: (stored: never) => Value): Value;
}

/** Encodes an object as an array of values without names. */
export function encodeFields<Type>(value: Type, fields: FieldsOf<Type>): unknown[] {
  const writer = new Writer();
  fields(writer, value);
  return writer.values;
}

/** Decodes an object from an array of values. */
export function decodeFields<Type>(values: readonly unknown[], fields: FieldsOf<Type>): Type {
  return fields(new Reader(values), NO_VALUES as Type);
}

/** Stands for `null` where a stored `null` means the default. */
const NULL = false;

const NO_VALUES: object = Object.freeze({});

class Writer implements Visitor {
  readonly values: unknown[] = [];
  /** Consecutive default values, stored only if another value follows. */
  private skipped = 0;

  number(value: number): number {
    if (value === 0) this.skipped++;
    else this.push(value);
    return value;
  }

  flag(value: boolean): boolean {
    if (value) this.push(value);
    else this.skipped++;
    return value;
  }

  plain<Value>(value: Value, absent: Value): Value {
    if (value === absent) this.skipped++;
    else this.push(value);
    return value;
  }

  map<Value extends object>(value: Value, absent: Value): Value {
    if (value === absent || isEmpty(value)) this.skipped++;
    else this.push(value);
    return value;
  }

  nullable<Value>(value: Value): Value {
    if (value === null || value === undefined) this.skipped++;
    else this.push(value);
    return value;
  }

  nullableOr<Value>(value: Value | null, absent: Value | null): Value | null {
    if (value === absent) this.skipped++;
    else this.push(value === null ? NULL : value);
    return value;
  }

  optional<Value>(value: Value): Value {
    return this.nullable(value);
  }

  object<Value>(value: Value, fields: FieldsOf<Value>): Value {
    this.push(encodeFields(value, fields));
    return value;
  }

  nullableObject<Value>(value: Value | null, fields: FieldsOf<Value>): Value | null {
    return value === null ? this.nullable(value) : this.object(value, fields);
  }

  list<Value>(values: readonly Value[], fields: FieldsOf<Value>): readonly Value[] {
    const forms: unknown[] = [];
    for (const value of values) forms.push(encodeFields(value, fields));
    this.push(forms);
    return values;
  }

  shared<Value, Owner>(
    value: Value | null,
    owners: readonly Owner[],
    valueOf: (owner: Owner) => Value | null,
    fields: FieldsOf<Value>,
  ): Value | null {
    if (value === null) return this.nullable(value);
    for (let index = 0; index < owners.length; index++) {
      if (valueOf(owners[index]!) !== value) continue;
      this.push(index);
      return value;
    }
    return this.object(value, fields);
  }

  coded<Value>(value: Value, encode: (value: Value) => unknown): Value {
    this.nullable(encode(value));
    return value;
  }

  private push(value: unknown): void {
    for (; this.skipped > 0; this.skipped--) this.values.push(null);
    this.values.push(value);
  }
}

class Reader implements Visitor {
  private at = 0;

  constructor(private readonly values: readonly unknown[]) {}

  number(): number {
    return (this.next() as number | null | undefined) ?? 0;
  }

  flag(): boolean {
    return (this.next() as boolean | null | undefined) ?? false;
  }

  plain<Value>(_: Value, absent: Value): Value {
    return (this.next() as Value | null | undefined) ?? absent;
  }

  map<Value extends object>(_: Value, absent: Value): Value {
    return (this.next() as Value | null | undefined) ?? absent;
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the type is that of the field in `Visitor`
  nullable<Value>(): Value | null {
    return (this.next() as Value | null | undefined) ?? null;
  }

  nullableOr<Value>(_: Value | null, absent: Value | null): Value | null {
    const stored = this.next();
    return stored === NULL ? null : ((stored as Value | null | undefined) ?? absent);
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as above
  optional<Value>(): Value | undefined {
    return (this.next() as Value | null | undefined) ?? undefined;
  }

  object<Value>(_: Value, fields: FieldsOf<Value>): Value {
    return decodeFields((this.next() as unknown[] | null | undefined) ?? [], fields);
  }

  nullableObject<Value>(_: Value | null, fields: FieldsOf<Value>): Value | null {
    const values = this.next() as unknown[] | null | undefined;
    return values ? decodeFields(values, fields) : null;
  }

  list<Value>(_: readonly Value[], fields: FieldsOf<Value>): readonly Value[] {
    const lists = (this.next() as unknown[][] | null | undefined) ?? [];
    return lists.map((values) => decodeFields(values, fields));
  }

  shared<Value, Owner>(
    _: Value | null,
    owners: readonly Owner[],
    valueOf: (owner: Owner) => Value | null,
    fields: FieldsOf<Value>,
  ): Value | null {
    const stored = this.next() as number | unknown[] | null | undefined;
    if (typeof stored === 'number') return valueOf(owners[stored]!);
    return stored ? decodeFields(stored, fields) : null;
  }

  coded<Value>(_: Value, __: unknown, decode: (stored: never) => Value): Value {
    return decode(this.next() as never);
  }

  private next(): unknown {
    return this.values[this.at++];
  }
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

/** `Value` as far as JSON keeps it: `never` in place of functions, dates, maps and other things that JSON loses. */
type Json<Value> = Value extends string | number | boolean | null | undefined
  ? Value
  : Value extends
        | bigint
        | symbol
        | Date
        | ReadonlyMap<never, never>
        | ReadonlySet<never>
        | ((...args: never) => unknown)
    ? never
    : { readonly [Key in keyof Value]: Json<Value[Key]> };

/** Compiles only if `Sent` is assignable to `Expected`. */
export type Assignable<Sent extends Expected, Expected> = [Sent, Expected];

/** A type of the SDK as JSON: enums are their values, and methods and getters are optional. */
export type Json<Type> = Type extends string
  ? string & {} extends Type
    ? string
    : `${Type}`
  : Type extends ReadonlyArray<infer Item>
    ? ReadonlyArray<Json<Item>>
    : Type extends object
      ? { readonly [Name in keyof Type]?: Json<Type[Name]> }
      : Type;

type Schema = Readonly<Record<string, unknown>>;

/** Returns a minimal value for a JSON schema: required properties, the first of several choices. */
export function valueOfSchema(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return {};
  const { type, enum: choices, const: constant, anyOf, items, properties, required } = schema as Schema;
  if (constant !== undefined) return constant;
  if (Array.isArray(choices)) return choices[0];
  if (Array.isArray(anyOf)) return valueOfSchema(anyOf[0]);
  switch (Array.isArray(type) ? type[0] : type) {
    case 'string':
      return 'example';
    case 'number':
    case 'integer':
      return 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return [valueOfSchema(items)];
  }
  const value: Record<string, unknown> = {};
  const names = Array.isArray(required) ? (required as string[]) : Object.keys(properties ?? {});
  for (const name of names) value[name] = valueOfSchema((properties as Schema | undefined)?.[name]);
  return value;
}

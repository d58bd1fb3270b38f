import { inspect } from 'node:util';

/** Describes everything that an application can observe of a value, for comparison with `toEqual`. */
export function accountOf(value: unknown, depth = 0): unknown {
  if (typeof value === 'function') return `function ${value.name}/${value.length}`;
  if (typeof value !== 'object' || value === null || depth > 6) return value;
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
  const kind = {
    classes: classesOf(value),
    tag: Object.prototype.toString.call(value),
    descriptors: descriptorsOf(value),
  };
  if (value instanceof Headers) return { ...kind, entries: [...value] };
  if (value instanceof Response) {
    const { status, statusText, ok, type, redirected, url, bodyUsed, headers } = value;
    return {
      ...kind,
      isResponse: true,
      inspected: inspect(value),
      members: [status, statusText, ok, type, redirected, url, bodyUsed],
      headers: accountOf(headers, depth + 1),
      body: accountOf(value.body, depth + 1),
      sameBody: value.body === value.body,
    };
  }
  if (value instanceof ReadableStream)
    return { ...kind, isStream: true, inspected: inspect(value), locked: value.locked };
  if (value instanceof Error)
    return {
      ...kind,
      name: value.name,
      message: value.message,
      text: String(value),
      cause: accountOf(value.cause, depth + 1),
      own: own(value, depth),
    };
  if (Array.isArray(value)) return value.map((item) => accountOf(item, depth + 1));
  return { ...kind, own: own(value, depth) };
}

/** Returns the names of the classes of a value, the most derived first. Layers without a class are omitted. */
function classesOf(value: object): string[] {
  const names: string[] = [];
  for (let object = value; object; object = Object.getPrototypeOf(object) as object) {
    const { name } = (object.constructor ?? {}) as { name?: string };
    if (name !== undefined && names.at(-1) !== name) names.push(name);
  }
  return names;
}

/** Returns the flags of own properties with string keys. Symbols of the runtime differ between objects. */
function descriptorsOf(value: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Object.getOwnPropertyDescriptors(value)).map(([key, descriptor]) => [
      key,
      ['get', 'set', 'writable', 'enumerable', 'configurable']
        .filter((flag) => descriptor[flag as keyof PropertyDescriptor])
        .join(' '),
    ]),
  );
}

/** Members that differ between the sides: clients and controllers, stacks with lines of the tap, ports of sockets. */
const EXCLUDED = new Set(['client', '_client', 'controller', 'stack', 'socket']);

function own(value: object, depth: number): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (EXCLUDED.has(key)) continue;
    members[key] = accountOf((value as Record<string, unknown>)[key], depth + 1);
  }
  return members;
}

import { inspect } from 'node:util';

/** A value as an application can see it, so that two of them can be compared with `toEqual`. */
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

/** Names of classes from the most special on. Layers without a class of their own show as what they inherit. */
function classesOf(value: object): string[] {
  const names: string[] = [];
  for (let object = value; object; object = Object.getPrototypeOf(object) as object) {
    const { name } = (object.constructor ?? {}) as { name?: string };
    if (name !== undefined && names.at(-1) !== name) names.push(name);
  }
  return names;
}

/** Own properties with their flags. Symbols of the runtime differ from object to object. */
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

/** Clients and controllers lead everywhere, a stack names the lines of the tap, each socket has another port. */
const LEFT_OUT = new Set(['client', '_client', 'controller', 'stack', 'socket']);

function own(value: object, depth: number): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (LEFT_OUT.has(key)) continue;
    members[key] = accountOf((value as Record<string, unknown>)[key], depth + 1);
  }
  return members;
}

import { inspect } from 'node:util';

/** Describes what an application can observe of a response, to compare two of them. */

/** Describes the error of an action; `null` if it succeeds. */
export async function failureOf(action: () => unknown): Promise<object | null> {
  try {
    await action();
    return null;
  } catch (error) {
    const { constructor, message, name, code, cause } = error as Error & { code?: unknown; cause?: Error };
    return {
      class: constructor.name,
      name,
      message,
      code,
      cause: cause && `${cause.constructor.name}: ${cause.message}`,
    };
  }
}

/** Describes a response without creating its stream. Omits `baseUrl`, which differs between emulators. */
export function accountOfResponse(response: Response, baseUrl: string): object {
  return {
    ...accountOfObject(response),
    isResponse: response instanceof Response,
    url: response.url.replace(baseUrl, ''),
    status: [response.status, response.ok, response.statusText, response.type, response.redirected],
    headers: [...response.headers].filter(([name]) => name !== 'date'),
    bodyUsed: response.bodyUsed,
  };
}

/** Describes the stream of a response, and creates it by access. */
export function accountOfStream(response: Response): object {
  const body = response.body!;
  return {
    ...accountOfObject(body),
    isStream: body instanceof ReadableStream,
    isSame: response.body === body,
    inspected: inspect(body),
    locked: body.locked,
    bodyUsed: response.bodyUsed,
  };
}

/** Describes the errors of reading a response again: during or after a read, or after it was left. */
export async function accountOfSecondReadings(response: Response): Promise<object> {
  const account: Record<string, object | null> = {};
  for (const method of ['text', 'json', 'arrayBuffer', 'bytes', 'blob', 'formData', 'clone'] as const)
    account[method] = await failureOf(() => response[method]());
  const body = response.body!;
  if (!body.locked) return account;
  for (const method of ['getReader', 'values', 'tee', 'cancel'] as const)
    account[`body.${method}`] = await failureOf(() => body[method]());
  account['body.pipeTo'] = await failureOf(() => body.pipeTo(new WritableStream()));
  account['body.pipeThrough'] = await failureOf(() => body.pipeThrough(new TransformStream()));
  return account;
}

/** Describes an object by reflection. */
export function accountOfObject(object: object): object {
  const members: Record<string, unknown> = {};
  for (const key in object) {
    const value = (object as Record<string, unknown>)[key === 'body' ? 'constructor' : key];
    members[key] = typeof value === 'function' ? `${value.name}/${value.length}` : typeof value;
  }
  return {
    ownKeys: Reflect.ownKeys(object).filter((key) => typeof key === 'string'),
    tag: Object.prototype.toString.call(object),
    members,
  };
}

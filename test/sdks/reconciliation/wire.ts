/** Random parameters of one call. */
export interface Draw {
  readonly stream: boolean;
  readonly prompt: string;
  /** Names for the header `x-emulator-dialect`, which only Chat Completions sends. */
  readonly dialects: readonly string[];
  readonly tier: 'default' | 'flex' | 'priority';
  /** From 1 to 3. */
  readonly count: number;
}

/** A format with a client that speaks it. */
export interface Wire {
  readonly name: string;
  /** Models that respond, which only wires of the same feature have. */
  readonly models: readonly string[];
  readonly feature: string;
  ask(draw: Draw): Promise<unknown>;
}

/** Dialects that do not report the parts of the usage, and the model of requests for them. */
export const LOSSY_MODEL = 'o3-mini';
export const LOSSY_DIALECTS: readonly string[] = ['usage_without_details', 'reasoning_in_total'];

/** Models whose responses report no usage. */
export const UNREPORTED_MODELS: ReadonlySet<string> = new Set([
  'cohere/rerank-v3.5',
  'nomic-embed-text',
  '@cf/black-forest-labs/flux-1-schnell',
  '@cf/stabilityai/stable-diffusion-xl-base-1.0',
  '@cf/myshell-ai/melotts',
  '@cf/baai/bge-base-en-v1.5',
  '@cf/baai/bge-reranker-base',
]);

export function messagesOf(prompt: string): [{ role: 'user'; content: string }] {
  return [{ role: 'user', content: prompt }];
}

/** Returns texts that differ. */
export function texts(prompt: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prompt} ${index}`);
}

export async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

/** Reads the stream that an SDK returns, if it returns one. */
export async function drained(response: PromiseLike<unknown>): Promise<void> {
  const value = await response;
  if (typeof value === 'object' && value !== null && Symbol.asyncIterator in value)
    await drain(value as AsyncIterable<unknown>);
}

export async function read(response: PromiseLike<Response>): Promise<void> {
  await (await response).arrayBuffer();
}

/** Sends JSON without an SDK. */
export async function post(
  url: string,
  body: object,
  others: Readonly<Record<string, string>> = {},
): Promise<void> {
  const headers = { authorization: 'Bearer canary', 'content-type': 'application/json', ...others };
  await read(fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }));
}

import { z as z3 } from 'zod';
import { z } from 'zod/v4';

/** Requests of the cells: minimal, and the same for every SDK. */

export const OPENAI_MODEL = 'gpt-4o-mini';
export const ANTHROPIC_MODEL = 'claude-haiku-4-5';
export const HELLO = 'Say hello.';
export const QUESTION = 'What is the weather?';

/** Schema of structured output. */
export const Weather = z.object({ city: z.string(), degrees: z.number() });
/** The same schema for SDKs that support only zod 3. */
export const Weather3 = z3.object({ city: z3.string(), degrees: z3.number() });

/** Tool in the request. */
export const TOOL = 'weather';
export const TOOL_DESCRIPTION = 'The weather of a city';
export const ToolInput = z.object({ city: z.string() });
export const TOOL_SCHEMA = {
  type: 'object' as const,
  properties: { city: { type: 'string' as const } },
  required: ['city'] as const,
  additionalProperties: false,
};
export const useTool = ({ city }: { city: string }): string => `It is sunny in ${city}.`;

/** Different prompts for concurrent requests. */
export const PROMPTS = ['one', 'two words', 'three words now', 'and so on', 'to the end of it all'];

export async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of iterable) items.push(item);
  return items;
}

export const textOf = (stream: ReadableStream): Promise<string> => new Response(stream).text();

/** Parses a line of a stream that an SDK has converted to a web stream. */
export const parsed = (line: Uint8Array): unknown => JSON.parse(Buffer.from(line).toString());

/** Describes a response as the application receives it. */
export const about = (response: Response): unknown[] => [
  response instanceof Response,
  response.status,
  response.headers.get('content-type'),
  response.bodyUsed,
];

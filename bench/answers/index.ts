import { anthropicCall, anthropicStream } from './anthropic.js';
import type { CannedAnswer } from './canned-answer.js';
import { openaiCall, openaiStream } from './openai.js';

/** All responses. The first path segment of a client's base URL selects one. */
export const ANSWERS = {
  'openai-call': openaiCall(),
  'openai-stream': openaiStream(),
  'anthropic-call': anthropicCall(),
  'anthropic-stream': anthropicStream(),
} satisfies Record<string, CannedAnswer>;

export type AnswerName = keyof typeof ANSWERS;

/** Returns the response for `path`. @throws Error if there is none. */
export function answerTo(path: string): CannedAnswer {
  const name = path.split('/', 2)[1]!;
  const answer = (ANSWERS as Partial<Record<string, CannedAnswer>>)[name];
  if (!answer) throw new Error(`No answer for ${path}`);
  return answer;
}

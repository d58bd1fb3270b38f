import { anthropicCall, anthropicStream } from './anthropic.js';
import type { CannedAnswer } from './canned-answer.js';
import { openaiCall, openaiStream } from './openai.js';

/** The answers that there are. A client asks for one by the first segment of its base URL's path. */
export const ANSWERS = {
  'openai-call': openaiCall(),
  'openai-stream': openaiStream(),
  'anthropic-call': anthropicCall(),
  'anthropic-stream': anthropicStream(),
} satisfies Record<string, CannedAnswer>;

export type AnswerName = keyof typeof ANSWERS;

/** The answer to a request for `path`. @throws Error where there is none. */
export function answerTo(path: string): CannedAnswer {
  const name = path.split('/', 2)[1]!;
  const answer = (ANSWERS as Partial<Record<string, CannedAnswer>>)[name];
  if (!answer) throw new Error(`No answer for ${path}`);
  return answer;
}

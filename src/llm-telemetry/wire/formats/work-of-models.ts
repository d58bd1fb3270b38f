import type { Answer, UsageDraft } from '../answer.js';

/** Adds what another model has done for an answer: it is a part of the whole, and priced by its own model. */
export function addWorkOf(model: string, work: UsageDraft, answer: Answer): void {
  if (!work.inputTokens && !work.outputTokens) return;
  const own = { ...answer.usage };
  answer.iterations = [
    { model: null, usage: own },
    { model, usage: work },
  ];
  const { usage } = answer;
  for (const count of COUNTS) usage[count] = (own[count] ?? 0) + (work[count] ?? 0);
}

const COUNTS = [
  'inputTokens',
  'cachedInputTokens',
  'imageInputTokens',
  'outputTokens',
  'reasoningTokens',
  'imageOutputTokens',
] as const satisfies ReadonlyArray<keyof UsageDraft>;

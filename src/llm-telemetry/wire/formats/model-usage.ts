import type { Answer, UsageDraft } from '../answer.js';
import { USAGE_PART_NAMES } from '../usage.js';

/**
 * Adds the usage of another model that contributed to a response. It is part of the total and priced by its own model.
 */
export function addModelUsage(model: string, work: UsageDraft, answer: Answer): void {
  if (!work.inputTokens && !work.outputTokens) return;
  const own = { ...answer.usage };
  answer.iterations = [
    { model: null, usage: own },
    { model, usage: work },
  ];
  const { usage } = answer;
  for (const part of USAGE_PART_NAMES) usage[part] = (own[part] ?? 0) + (work[part] ?? 0);
}

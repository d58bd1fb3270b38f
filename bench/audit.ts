import { TOKENS } from './responses/canned-response.js';
import type { Application } from './application.js';

/** Totals of an application's records or spans. */
interface Totals {
  readonly count: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/**
 * Returns a function that compares the records and spans since this call with the expected number of calls and returns
 * the differences. Measurements with incorrect telemetry are invalid.
 */
export function beginAudit(
  application: Application,
  tokens: { readonly input: number; readonly output: number } = TOKENS,
): (calls: number) => readonly string[] {
  const before = totalsByKind(application);
  return (calls) => {
    const problems: string[] = [];
    const now = totalsByKind(application);
    for (const [kind, totals] of now) {
      const { count, inputTokens, outputTokens } = since(totals, before.get(kind)!);
      const correct =
        count === calls && inputTokens === calls * tokens.input && outputTokens === calls * tokens.output;
      if (correct) continue;
      problems.push(
        `${application.variant.name}: expected ${calls} ${kind} with ${calls * tokens.input} + ${calls * tokens.output} tokens, received ${count} with ${inputTokens} + ${outputTokens}`,
      );
    }
    if (!(application.records.costUsd > 0))
      problems.push(`${application.variant.name}: no record has a cost`);
    return problems;
  };
}

function totalsByKind({ records, spans }: Application): ReadonlyMap<string, Totals> {
  const totals: Array<[string, Totals]> = [['records', copyOf(records)]];
  if (spans) totals.push(['call spans', copyOf(spans.calls)], ['attempt spans', copyOf(spans.attempts)]);
  return new Map(totals);
}

function copyOf({ count, inputTokens, outputTokens }: Totals): Totals {
  return { count, inputTokens, outputTokens };
}

function since(now: Totals, before: Totals): Totals {
  return {
    count: now.count - before.count,
    inputTokens: now.inputTokens - before.inputTokens,
    outputTokens: now.outputTokens - before.outputTokens,
  };
}

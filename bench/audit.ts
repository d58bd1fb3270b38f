import { TOKENS } from './answers/canned-answer.js';
import type { Application } from './application.js';

/** Totals of an application's records or spans. */
interface Told {
  readonly count: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/**
 * Returns a function that checks the records and spans since this call against the expected number of calls and returns
 * the errors. Measurements with incorrect telemetry are invalid.
 */
export function beginAudit(application: Application): (calls: number) => readonly string[] {
  const before = accounts(application);
  return (calls) => {
    const problems: string[] = [];
    const now = accounts(application);
    for (const [kind, told] of now) {
      const { count, inputTokens, outputTokens } = since(told, before.get(kind)!);
      const right =
        count === calls && inputTokens === calls * TOKENS.input && outputTokens === calls * TOKENS.output;
      if (right) continue;
      problems.push(
        `${application.variant.name}: ${calls} calls made ${count} ${kind} with ${inputTokens} + ${outputTokens} tokens`,
      );
    }
    if (!(application.records.costUsd > 0)) problems.push(`${application.variant.name}: nothing was priced`);
    return problems;
  };
}

function accounts({ records, spans }: Application): ReadonlyMap<string, Told> {
  const told: Array<[string, Told]> = [['records', copyOf(records)]];
  if (spans) told.push(['call spans', copyOf(spans.calls)], ['attempt spans', copyOf(spans.attempts)]);
  return new Map(told);
}

function copyOf({ count, inputTokens, outputTokens }: Told): Told {
  return { count, inputTokens, outputTokens };
}

function since(now: Told, before: Told): Told {
  return {
    count: now.count - before.count,
    inputTokens: now.inputTokens - before.inputTokens,
    outputTokens: now.outputTokens - before.outputTokens,
  };
}

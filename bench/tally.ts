import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { CallRecord } from 'nestjs-llm-telemetry';

/** Sums the records that `onCall` receives for a variant. */
export class RecordTally {
  count = 0;
  inputTokens = 0;
  outputTokens = 0;
  costUsd = 0;

  readonly add = ({ usage, cost }: CallRecord): void => {
    this.count++;
    this.inputTokens += usage?.inputTokens ?? 0;
    this.outputTokens += usage?.outputTokens ?? 0;
    this.costUsd += cost.costUsd ?? 0;
  };
}

/** Sums attributes of ended spans and drops the spans. `calls`: spans `llm.<operation>`, `attempts`: their children. */
export class SpanTally implements SpanProcessor {
  readonly calls = new SpanSums('llm.prompt_tokens', 'llm.completion_tokens');
  readonly attempts = new SpanSums('gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens');
  costUsd = 0;

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (span.name.startsWith('llm.')) {
      this.calls.add(span);
      this.costUsd += Number(span.attributes['llm.estimated_cost_usd'] ?? 0);
    } else this.attempts.add(span);
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

class SpanSums {
  count = 0;
  inputTokens = 0;
  outputTokens = 0;
  last: ReadableSpan | null = null;

  constructor(
    private readonly inputKey: string,
    private readonly outputKey: string,
  ) {}

  add(span: ReadableSpan): void {
    const { attributes } = span;
    this.count++;
    this.last = span;
    this.inputTokens += Number(attributes[this.inputKey] ?? 0);
    this.outputTokens += Number(attributes[this.outputKey] ?? 0);
  }
}

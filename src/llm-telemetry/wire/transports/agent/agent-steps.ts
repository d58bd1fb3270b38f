import { SYNTHETIC_MODEL } from '../../dialects/agent-words.js';
import { readUsage } from '../../formats/messages.js';
import { asArray, asCount, asObject, asString, type JsonObject } from '../../json/json-value.js';
import { textBytes } from '../../json/text-bytes.js';
import { emptyResponse, emptyUsage, type RequestInputs, type UsageDraft } from '../../response-draft.js';

/** One response of a model to the agent: a request to the API, told apart by the id of its message. */
interface Step {
  readonly model: string;
  readonly usage: UsageDraft;
  /** Reported once the response is complete; messages of an incomplete one have a placeholder. */
  outputTokens: number | null;
  /** Bytes of the content in assistant messages, which have one block each. */
  blockBytes: number;
  /** Bytes of the deltas in stream events, which precede the block. */
  deltaBytes: number;
}

/** Sum of the steps of a model. */
export interface StepSum {
  /** As the API named it in the last step. */
  readonly model: string;
  /** Totals are `null` if that of a step is not known. */
  readonly usage: UsageDraft;
  readonly outputBytes: number;
  readonly inputs: RequestInputs;
}

/**
 * The responses of models since the last result. Assistant messages repeat the usage of their response for each block
 * of content, so each message id counts once; those of subagents are included.
 *
 * Source: types of @anthropic-ai/claude-agent-sdk 0.3 (`SDKAssistantMessage`, `SDKPartialAssistantMessage`).
 */
export class AgentSteps {
  private readonly steps = new Map<string, Step>();
  /** Id of the message that is being streamed, by the subagent that it belongs to. */
  private readonly streamed = new Map<string | null, string>();
  /** Model of the last step of the agent itself, not of a subagent. */
  mainModel: string | null = null;

  /** Reads an assistant message. Returns whether it is the response of a model. */
  assistant(message: JsonObject): boolean {
    const response = asObject(message['message']);
    const step = response && this.stepOf(response, message);
    if (!step) return false;
    for (const block of asArray(response!['content'])) step.blockBytes += contentBytes(block);
    // Set once the response is complete.
    if (asString(response!['stop_reason']) !== null) countOutput(step, asObject(response!['usage']));
    return true;
  }

  /** Reads a stream event. Returns whether it has content that a model generated. */
  event(message: JsonObject): boolean {
    const event = asObject(message['event']);
    const parent = asString(message['parent_tool_use_id']);
    if (event?.['type'] === 'message_start') {
      const response = asObject(event['message']);
      const id = asString(response?.['id']);
      if (response && id !== null && this.stepOf(response, message)) this.streamed.set(parent, id);
      return false;
    }
    const step = this.steps.get(this.streamed.get(parent) ?? '');
    if (!step) return false;
    if (event?.['type'] === 'message_delta') countOutput(step, asObject(event['usage']));
    if (event?.['type'] !== 'content_block_delta') return false;
    step.deltaBytes += contentBytes(event['delta']);
    return true;
  }

  /** Returns the models of the steps, that of the agent itself last. */
  models(): string[] {
    const models = new Set<string>();
    for (const { model } of this.steps.values()) models.add(model);
    const main = this.mainModel;
    if (main !== null && models.delete(main)) models.add(main);
    return [...models];
  }

  /** Returns the sum of the steps of the matching models; `null` if no model matches. */
  sum(matches: (model: string) => boolean): StepSum | null {
    let model: string | null = null;
    let outputBytes = 0;
    let inputs: RequestInputs = { least: Infinity, most: 0 };
    const usage: UsageDraft = { ...emptyUsage(), inputTokens: 0, outputTokens: 0 };
    for (const step of this.steps.values()) {
      if (!matches(step.model)) continue;
      model = step.model;
      outputBytes += Math.max(step.blockBytes, step.deltaBytes);
      const input = step.usage.inputTokens;
      if (input !== null)
        inputs = { least: Math.min(inputs.least, input), most: Math.max(inputs.most, input) };
      usage.inputTokens = sumOfKnown(usage.inputTokens, input);
      for (const name of SUMMED) usage[name] += step.usage[name];
      usage.outputTokens = sumOfKnown(usage.outputTokens, step.outputTokens);
      for (const name of WORDS) usage[name] = step.usage[name];
    }
    return model === null ? null : { model, usage, outputBytes, inputs };
  }

  /** Removes the steps of a model, which are recorded. */
  remove(model: string): void {
    for (const [id, step] of this.steps) if (step.model === model) this.steps.delete(id);
  }

  /** Returns the step of a response, with its usage; `null` if it is not the response of a model. */
  private stepOf(response: JsonObject, message: JsonObject): Step | null {
    const id = asString(response['id']);
    const model = asString(response['model']);
    if (id === null || model === null || model === SYNTHETIC_MODEL) return null;
    if (asString(message['parent_tool_use_id']) === null) this.mainModel = model;
    let step = this.steps.get(id);
    if (!step) {
      if (this.steps.size >= MAX_STEPS) return null;
      step = { model, usage: emptyUsage(), outputTokens: null, blockBytes: 0, deltaBytes: 0 };
      this.steps.set(id, step);
    }
    const usage = asObject(response['usage']);
    if (usage) readUsage(usage, { ...emptyResponse(), usage: step.usage });
    return step;
  }
}

/** Bounds the memory for a turn without end. The result of the turn has the usage of all steps. */
const MAX_STEPS = 10_000;

const SUMMED = [
  'cachedInputTokens',
  'cacheWriteTokens5m',
  'cacheWriteTokens1h',
  'webSearchRequests',
] as const satisfies ReadonlyArray<keyof UsageDraft>;
const WORDS = ['serviceTier', 'speed', 'geo'] as const satisfies ReadonlyArray<keyof UsageDraft>;

/** Returns `null` if one of the counts is not known. */
function sumOfKnown(sum: number | null, count: number | null): number | null {
  return sum === null || count === null ? null : sum + count;
}

/** Messages of one response rarely differ: the highest count is right. Source: Agent SDK, “Track cost and usage”. */
function countOutput(step: Step, usage: JsonObject | null): void {
  const tokens = asCount(usage?.['output_tokens']);
  if (tokens !== null) step.outputTokens = Math.max(step.outputTokens ?? 0, tokens);
}

function contentBytes(value: unknown): number {
  const block = asObject(value);
  if (block === null) return 0;
  const text = textBytes(block['text']) + textBytes(block['thinking']);
  return text + textBytes(block['partial_json']) + textBytes(block['input']);
}

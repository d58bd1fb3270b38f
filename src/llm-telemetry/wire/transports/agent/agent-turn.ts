import { agentProviderOf, GUESSED_COST, plainModel, withoutContext } from '../../dialects/agent-words.js';
import { asString, asUsd, type JsonObject } from '../../json/json-value.js';
import { emptyUsage, type RequestInputs, type UsageDraft } from '../../response-draft.js';
import { AgentSteps, type StepSum } from './agent-steps.js';
import { draftOfTotals, type ModelTotals } from './model-totals.js';

/** What an agent used of one model in one turn. */
export interface ModelPart {
  readonly provider: string;
  /** As configured in the agent. */
  readonly requestModel: string | null;
  readonly responseModel: string | null;
  readonly usage: UsageDraft;
  readonly outputBytes: number;
  /** `null` if the usage is not that of a sum. */
  readonly inputs: RequestInputs | null;
}

/** Returns the part of a model whose usage a result reports. `row`: its `ModelUsage`. */
export function partOfTotals(
  name: string,
  row: JsonObject,
  totals: ModelTotals,
  steps: AgentSteps,
): ModelPart {
  const canonical = asString(row['canonicalModel']);
  const seen = steps.sum((model) => isSameModel(model, name, canonical));
  const provider = agentProviderOf(row['provider'], name);
  const usage = draftOfTotals(totals, oneHourWritesOf(totals, seen));
  usage.serviceTier = seen?.usage.serviceTier ?? null;
  usage.speed = seen?.usage.speed ?? null;
  usage.geo = seen?.usage.geo ?? null;
  setCost(usage, row, totals.costUSD);
  return {
    provider,
    requestModel: name,
    // The price at other providers depends on their own name of the model, which has a region or a version.
    responseModel:
      provider === 'anthropic' ? (seen?.model ?? canonical ?? withoutContext(name)) : withoutContext(name),
    usage,
    outputBytes: 0,
    inputs: inputsOf(usage.inputTokens ?? 0, seen),
  };
}

/**
 * Returns the parts of all models that responded, as far as their messages report it: the main model is last.
 *
 * @param configured - the model of the agent, as configured
 */
export function partsOfSteps(steps: AgentSteps, configured: string | null): ModelPart[] {
  return steps.models().map((model) => partOfSteps(model, steps, configured));
}

export function partOfSteps(model: string, steps: AgentSteps, configured: string | null): ModelPart {
  const { usage, outputBytes, inputs } = steps.sum((name) => name === model)!;
  const isConfigured =
    configured !== null && (model === steps.mainModel || isSameModel(model, configured, null));
  const requestModel = isConfigured ? configured : model;
  const provider = agentProviderOf(undefined, requestModel);
  const responseModel = provider === 'anthropic' ? model : withoutContext(requestModel);
  return { provider, requestModel, responseModel, usage, outputBytes, inputs };
}

/** Returns the part of a turn in which no model is known to have responded. */
export function partWithoutUsage(requestModel: string | null): ModelPart {
  return {
    provider: agentProviderOf(undefined, requestModel),
    requestModel,
    responseModel: null,
    usage: emptyUsage(),
    outputBytes: 0,
    inputs: null,
  };
}

/** Returns whether `model`, as the API names it, is the model `name` of an agent, with its canonical name. */
export function isSameModel(model: string, name: string, canonical: string | null): boolean {
  const plain = plainModel(model);
  return plain === plainModel(name) || (canonical !== null && plain === plainModel(canonical));
}

/** Moves the main model to the end, because the last attempt describes a call. */
export function mainModelLast(parts: ModelPart[], main: string | null): ModelPart[] {
  const index = parts.findIndex(
    ({ requestModel, responseModel }) =>
      main !== null &&
      [requestModel, responseModel].some((name) => name !== null && isSameModel(main, name, null)),
  );
  if (index >= 0) parts.push(...parts.splice(index, 1));
  return parts;
}

/**
 * Returns the cache writes with a lifetime of one hour. Results of older versions do not tell lifetimes: those of the
 * messages are used if they add up to the total. Writes of unknown lifetime count as five minutes, as elsewhere.
 */
function oneHourWritesOf(totals: ModelTotals, seen: StepSum | null): number {
  const written = totals.cacheCreationInputTokens;
  const oneHour = totals.cacheCreationEphemeral1hInputTokens;
  if (totals.cacheCreationEphemeral5mInputTokens + oneHour === written || seen === null) return oneHour;
  const { cacheWriteTokens5m, cacheWriteTokens1h } = seen.usage;
  return cacheWriteTokens5m + cacheWriteTokens1h === written ? cacheWriteTokens1h : oneHour;
}

function setCost(usage: UsageDraft, row: JsonObject, costUsd: number | null): void {
  if (costUsd === null || row['costBasis'] === GUESSED_COST) return;
  const usd = asUsd(costUsd);
  if (usd === null) usage.invalid = true;
  else usage.providerCostUsd = usd;
}

/** Bounds the input of each request by those that were seen, and by what the others can have had. */
function inputsOf(total: number, seen: StepSum | null): RequestInputs {
  const rest = total - (seen?.usage.inputTokens ?? Infinity);
  if (seen === null || rest < 0) return { least: 0, most: total };
  if (rest === 0) return seen.inputs;
  return { least: 0, most: Math.max(seen.inputs.most, rest) };
}

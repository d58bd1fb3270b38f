import { AsyncLocalStorage } from 'node:async_hooks';
import { MAX_NAMES } from '../../../text/bounded-name.js';
import { isAgentAbort } from '../../dialects/agent-words.js';
import { Exchange, type ExchangeEnding, type ResponseHead } from '../../exchanges/exchange.js';
import { sharedWire } from '../../exchanges/shared-wire.js';
import { claudeAgent, wasInterrupted } from '../../formats/claude-agent.js';
import { boundedParameters } from '../../formats/format.js';
import { readUsage } from '../../formats/messages.js';
import { asNumber, asObject, asString, type JsonObject } from '../../json/json-value.js';
import { emptyResponse } from '../../response-draft.js';
import { NO_HEADERS } from '../../headers.js';
import { estimateTokens } from '../../to-usage.js';
import { isAbandonment } from '../abandonment.js';
import type { ObserverNow } from '../fetch-tap.js';
import { AgentSteps } from './agent-steps.js';
import {
  isSameModel,
  mainModelLast,
  partOfSteps,
  partOfTotals,
  partsOfSteps,
  partWithoutUsage,
  type ModelPart,
} from './agent-turn.js';
import {
  isNothing,
  readModelUsage,
  readTotals,
  totalsOfDraft,
  totalsSince,
  withoutTotals,
  type ModelTotals,
} from './model-totals.js';

/** The messages from the begin of a turn to its result. */
interface Turn {
  readonly startedAt: number;
  /** Begins with the first response of a model. */
  exchange: Exchange | null;
  readonly steps: AgentSteps;
  /** Started by the agent itself, not by a subagent in the background. */
  isAgents: boolean;
  firstChunkAt: number | null;
  firstTokenAt: number | null;
  /** `error` of the last assistant message. */
  error: string | null;
}

/**
 * Reads the messages of one query. Each turn is one exchange per model, recorded when its result arrives. A result has
 * the totals of the session, so the previous ones are subtracted; a turn without a result has the usage of its messages.
 */
export class AgentSession {
  private readonly inContext = AsyncLocalStorage.snapshot();
  private readonly seen = new WeakSet<object>();
  private turn: Turn | null = null;
  /** Totals of the last result, by model. */
  private totals: ReadonlyMap<string, ModelTotals> = new Map();
  /** Usage of the turn that was recorded before its result, because the reader paused, by model. */
  private readonly recorded = new Map<string, ModelTotals>();
  private model: string | null = null;
  private sessionId: string | null = null;
  private hasReceived = false;
  private calledInterrupt = false;
  /** The application has left: what it still reads is not recorded. */
  private isOver = false;

  constructor(private readonly observerNow: ObserverNow) {}

  /** The application asks for the next message: until it arrives, the agent is at work. */
  reading(): void {
    const exchange = this.turn?.exchange;
    if (exchange) exchange.respondedAt = null;
  }

  /** Reads a message. A message that is received by two iterators counts once. */
  received(value: unknown): void {
    const message = asObject(value);
    if (message === null || this.isOver || this.seen.has(message)) return;
    this.seen.add(message);
    this.hasReceived = true;
    this.sessionId = asString(message['session_id']) ?? this.sessionId;
    this.read(message);
    const exchange = this.turn?.exchange;
    if (exchange) exchange.respondedAt = exchange.lastActivityAt = performance.now();
  }

  /** The query has no more messages. */
  finished(): void {
    const isComplete = this.turn?.isAgents === false;
    this.stop(isComplete ? 'finished' : 'cut');
  }

  /** Reading a message failed. */
  failed(error: unknown): void {
    const isAborted = isAgentAbort(error) || isAbandonment(error);
    if (this.turn !== null) return this.stop(isAborted ? 'aborted' : 'cut', error);
    // The process did not start, or refused the query.
    if (!this.hasReceived && !this.isOver) {
      this.isOver = true;
      const exchange = this.begin(performance.now(), partWithoutUsage(this.model));
      exchange?.end(isAborted ? 'aborted' : 'failed', error);
    }
  }

  /** The application stops reading. */
  left(): void {
    this.stop('left');
    this.isOver = true;
  }

  interrupted(): void {
    this.calledInterrupt = true;
  }

  private read(message: JsonObject): void {
    switch (message['type']) {
      case 'system':
        if (message['subtype'] !== 'init') return;
        this.model = asString(message['model']) ?? this.model;
        this.currentTurn().isAgents = true;
        return;
      case 'assistant':
        return this.readResponse(message, (turn) => {
          turn.error = asString(message['error']) ?? turn.error;
          return turn.steps.assistant(message);
        });
      case 'stream_event':
        return this.readResponse(message, (turn) => {
          const hasContent = turn.steps.event(message);
          if (hasContent && isOfAgent(message)) turn.firstTokenAt ??= performance.now();
          return turn.steps.models().length > 0;
        });
      case 'conversation_reset':
        this.totals = new Map();
        return;
      case 'result':
        return this.ended(message);
    }
  }

  private readResponse(message: JsonObject, read: (turn: Turn) => boolean): void {
    const turn = this.currentTurn();
    if (isOfAgent(message)) turn.isAgents = true;
    if (!read(turn)) return;
    turn.firstChunkAt ??= performance.now();
    turn.exchange ??= this.beginTurn(turn, partWithoutUsage(this.model ?? turn.steps.mainModel));
  }

  private currentTurn(): Turn {
    return (this.turn ??= {
      startedAt: performance.now(),
      exchange: null,
      steps: new AgentSteps(),
      isAgents: false,
      firstChunkAt: null,
      firstTokenAt: null,
      error: null,
    });
  }

  /** Records a turn with its result. */
  private ended(result: JsonObject): void {
    const turn = this.currentTurn();
    this.turn = null;
    const parts = this.partsOf(result, turn);
    const { calledInterrupt } = this;
    this.calledInterrupt = false;
    const outcome = emptyResponse();
    claudeAgent.readResponse({ ...result, assistant_error: turn.error }, outcome);
    // A command of Claude Code (`/clear`, `/context`) calls no model.
    if (parts.length === 0 && turn.exchange === null && outcome.error === null) return;
    if (parts.length === 0) {
      // The usage was recorded before the result.
      if (turn.exchange !== null && turn.exchange.ending !== null) return;
      parts.push(partWithoutUsage(this.model ?? turn.steps.mainModel));
    }
    const isAborted = wasInterrupted(result, calledInterrupt);
    const ttftMs = asNumber(result['ttft_ms']);
    if (ttftMs !== null && ttftMs >= 0)
      turn.firstTokenAt ??= Math.min(turn.startedAt + ttftMs, performance.now());
    this.record(
      turn,
      parts,
      ({ response }, isMain) => {
        response.complete = true;
        if (!isMain) return;
        response.turns = outcome.turns;
        if (isAborted) return;
        response.finish = outcome.finish;
        response.finishReasons = outcome.finishReasons;
        response.error = outcome.error;
      },
      isAborted ? 'aborted' : 'finished',
    );
  }

  /** Records a turn without a result. */
  private stop(ending: ExchangeEnding, error?: unknown): void {
    const { turn } = this;
    if (turn === null) return;
    this.turn = null;
    const parts = partsOfSteps(turn.steps, this.model);
    if (parts.length === 0) {
      // The usage was recorded before.
      if (turn.exchange !== null && turn.exchange.ending !== null) return;
      parts.push(partWithoutUsage(this.model));
    }
    this.record(
      turn,
      parts,
      ({ response }) => {
        response.complete = ending === 'finished';
      },
      ending,
      error,
    );
  }

  /** Returns what the turn of a result used, by model, and keeps the totals of the session. */
  private partsOf(result: JsonObject, { steps }: Turn): ModelPart[] {
    const totals = readModelUsage(result['modelUsage'], MAX_NAMES);
    // Not in the types. A resumed session continues from the totals of its transcript, which only this tells apart.
    const added = asObject(result['model_usage_since_last_result']);
    const rows = added ? readModelUsage(added, MAX_NAMES) : totals;
    const parts: ModelPart[] = [];
    for (const [name, row] of rows) {
      const used = this.unrecorded(
        name,
        asString(row['canonicalModel']),
        added ? readTotals(row) : totalsSince(readTotals(row), this.totals.get(name)),
      );
      if (!isNothing(used)) parts.push(partOfTotals(name, row, used, steps));
    }
    // A process that crashed reports no totals.
    if (totals.size > 0) this.totals = new Map([...totals].map(([name, row]) => [name, readTotals(row)]));
    if (parts.length === 0 && result['modelUsage'] === undefined)
      parts.push(...this.mainLoopOf(result, steps));
    this.recorded.clear();
    if (parts.length === 0) return partsOfSteps(steps, this.model);
    return mainModelLast(parts, steps.mainModel ?? this.model);
  }

  /** Returns the usage of the main loop, for versions whose results have no usage by model. */
  private mainLoopOf(result: JsonObject, steps: AgentSteps): ModelPart[] {
    const usage = asObject(result['usage']);
    const model = this.model ?? steps.mainModel;
    if (usage === null || model === null) return [];
    const response = emptyResponse();
    readUsage(usage, response);
    const totals = { ...totalsOfDraft(response.usage), costUSD: asNumber(result['total_cost_usd']) };
    return isNothing(totals) ? [] : [partOfTotals(model, {}, totals, steps)];
  }

  private unrecorded(name: string, canonical: string | null, totals: ModelTotals): ModelTotals {
    for (const [model, recorded] of this.recorded)
      if (isSameModel(model, name, canonical)) return withoutTotals(totals, recorded);
    return totals;
  }

  /** Ends the exchanges of a turn, one for each model, in one call. */
  private record(
    turn: Turn,
    parts: readonly ModelPart[],
    complete: (exchange: Exchange, isMain: boolean) => void,
    ending: ExchangeEnding,
    error?: unknown,
  ): void {
    const isOpen = turn.exchange !== null && turn.exchange.ending === null;
    const first = isOpen ? turn.exchange : this.begin(turn.startedAt, parts[0]!);
    if (!first) return;
    if (isOpen) first.completeRequest(this.requestOf(parts[0]!));
    const exchanges = [first];
    for (const part of parts.slice(1)) {
      const exchange = this.begin(turn.startedAt, part, first);
      if (exchange) exchanges.push(exchange);
    }
    exchanges.forEach((exchange, index) => {
      const isMain = index === parts.length - 1;
      exchange.body = null;
      fill(exchange, parts[index]!, isMain ? turn : null);
      complete(exchange, isMain);
    });
    for (const exchange of exchanges) exchange.end(ending, error);
  }

  private beginTurn(turn: Turn, part: ModelPart): Exchange | null {
    const exchange = this.begin(turn.startedAt, part);
    if (exchange === null) return null;
    exchange.touched = true;
    // Called if the exchange ends before the turn does: the reader pauses, or the records are flushed.
    exchange.body = { close: () => this.recordEarly(turn, exchange) };
    return exchange;
  }

  private recordEarly(turn: Turn, exchange: Exchange): void {
    const model = turn.steps.mainModel;
    if (model === null) return;
    const part = partOfSteps(model, turn.steps, this.model);
    fill(exchange, part, turn);
    const outputTokens = part.usage.outputTokens ?? estimateTokens(part.outputBytes);
    this.recorded.set(model, totalsOfDraft({ ...part.usage, outputTokens }));
    turn.steps.remove(model);
  }

  /** Begins an exchange in the call of the reader, else in the call in which the query was observed. */
  private begin(startedAt: number, part: ModelPart, first?: Exchange): Exchange | null {
    const exchange = new Exchange(this.requestOf(part), startedAt, false);
    if (first?.listener?.alongside) exchange.listener = first.listener.alongside(exchange);
    else if (sharedWire.contexts.getStore()?.observer) this.observe(exchange);
    else this.inContext(() => this.observe(exchange));
    return exchange.listener && exchange;
  }

  private observe(exchange: Exchange): void {
    exchange.listener = this.observerNow()?.begin(exchange) ?? null;
  }

  private requestOf({ provider, requestModel }: ModelPart): Exchange['request'] {
    const body = { model: requestModel, session_id: this.sessionId };
    return {
      format: claudeAgent,
      provider,
      hasMappedHost: false,
      host: null,
      place: null,
      port: null,
      url: '',
      parameters: boundedParameters(claudeAgent.readRequest(body, '', NO_HEADERS)),
      retryCount: null,
      timeoutSeconds: null,
      body: null,
      signal: null,
    };
  }
}

/** Fills the response of an exchange. `turn`: `null` for a model other than the main one. */
function fill(exchange: Exchange, part: ModelPart, turn: Turn | null): void {
  const { response } = exchange;
  exchange.head = HEAD;
  exchange.framing = 'sse';
  exchange.touched = true;
  exchange.lastActivityAt = performance.now();
  exchange.respondedAt ??= exchange.lastActivityAt;
  exchange.firstChunkAt = turn?.firstChunkAt ?? null;
  exchange.firstTokenAt = turn?.firstTokenAt ?? null;
  response.model = part.responseModel;
  Object.assign(response.usage, part.usage);
  response.outputBytes = part.outputBytes;
  response.requestInputs = part.inputs;
}

/** The SDK reports neither status nor headers. */
const HEAD: ResponseHead = Object.freeze({
  status: null,
  requestId: null,
  retryAfterMs: null,
  errorCode: null,
  costUsd: null,
  rateLimits: Object.freeze({}),
});

function isOfAgent(message: JsonObject): boolean {
  return asString(message['parent_tool_use_id']) === null;
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerTo } from './answers.js';
import { parseFault, readDirective, type FaultKind, type FaultProgram, type FaultSpec } from './faults.js';
import { sendJson, untilClosed, waitWhileOpen, writeChunk } from './http.js';
import { drawTimes, type Latency } from './latency.js';
import type { Ledger } from './ledger.js';
import { datedName } from './model-names.js';
import type { Answer, AnswerFinish, EmulatedApi, Json, ModelRequest } from './providers/provider.js';
import { valueOfSchema } from './schema-value.js';
import type { Tokenizer } from './tokenizer.js';

interface AnsweringParts {
  readonly tokenizer: Tokenizer;
  readonly ledger: Ledger;
  readonly program: FaultProgram;
  readonly random: () => number;
  readonly latency: Latency;
  readonly rates: Partial<Record<FaultKind, number>>;
  readonly cachedTokens: boolean;
}

/** Faults after which there is an answer, if not a whole or a good one. */
const ANSWERED: ReadonlySet<string> = new Set([
  'none',
  'stall',
  'cut',
  'stream_error',
  'truncate',
  'filter',
  'refuse',
  'invalid_json',
  'empty',
  'tool',
]);

/** What was sent of an answer: the tokens that were generated for it, and whether only `last` is still to be sent. */
type Sent =
  | { readonly tokens: number; readonly completed: false }
  | { readonly tokens: number; readonly completed: true; readonly last: string };

/** Answers model requests: decides on a fault, draws up the answer, sends it in its time, and writes the bill. */
export class Answering {
  private count = 0;
  private readonly cachedPrefixes = new Set<string>();

  constructor(private readonly parts: AnsweringParts) {}

  async answer(
    api: EmulatedApi,
    http: IncomingMessage,
    body: Json | null,
    response: ServerResponse,
  ): Promise<void> {
    const requestId = this.id('req_');
    const headers = api.headers(requestId);
    const read =
      body === null
        ? 'We could not parse the JSON body of your request.'
        : api.read(body, this.parts.tokenizer);
    if (typeof read === 'string') {
      const refusal = api.refuse('bad_request', { kind: 'bad_request' }, { model: '', prompt: read });
      return sendJson(response, { ...refusal, headers });
    }
    const retryCount = Number(http.headers['x-stainless-retry-count'] ?? 0);
    const directive = readDirective(read.user);
    const request: ModelRequest = { ...read, user: directive.text, system: readDirective(read.system).text };
    const fault = this.faultFor(http, request, directive.fault, retryCount);
    const bill = { requestId, provider: api.provider, stream: request.stream, retryCount };

    if (!ANSWERED.has(fault.kind)) {
      const refusal = api.refuse(fault.kind as FaultKind, fault, {
        model: request.model,
        prompt: request.user,
      });
      this.parts.ledger.add({
        ...bill,
        responseId: null,
        model: request.model,
        status: refusal.status,
        inputTokens: 0,
        cachedInputTokens: 0,
        cacheWriteTokens: 0,
        outputTokens: 0,
        finish: fault.kind,
        billed: false,
        completed: false,
      });
      return sendJson(response, { ...refusal, headers: { ...headers, ...refusal.headers } });
    }

    const answer = this.draw(api, request, requestId, fault);
    const sent = await this.send(api, answer, fault, headers, response);
    this.parts.ledger.add({
      ...bill,
      responseId: answer.id,
      model: answer.model,
      status: response.headersSent ? response.statusCode : 0,
      inputTokens: request.inputTokens,
      cachedInputTokens: answer.cachedInputTokens,
      cacheWriteTokens: answer.cacheWriteTokens,
      outputTokens: sent.tokens,
      finish: sent.completed ? answer.finish : fault.kind === 'none' ? 'left' : fault.kind,
      billed: response.headersSent,
      completed: sent.completed,
    });
    // The bill stands before the client can know that the answer is complete.
    if (sent.completed) response.end(sent.last);
  }

  /** The request's own header first, then the directive in its prompt, then what was programmed, then the rates. */
  private faultFor(
    http: IncomingMessage,
    request: ModelRequest,
    directive: FaultSpec | null,
    retryCount: number,
  ): FaultSpec {
    const header = http.headers['x-emulator-fault'];
    const asked = typeof header === 'string' ? parseFault(header) : directive;
    const fault = asked ?? this.parts.program.take(request.model) ?? this.drawFault();
    if (fault.attempts !== undefined && retryCount >= fault.attempts) return { kind: 'none' };
    // Only a stream can break off with an event: an answer in one piece fails as a whole.
    return fault.kind === 'stream_error' && !request.stream ? { ...fault, kind: 'server_error' } : fault;
  }

  private drawFault(): FaultSpec {
    for (const [kind, rate] of Object.entries(this.parts.rates)) {
      if (rate > 0 && this.parts.random() < rate) return { kind: kind as FaultKind };
    }
    return { kind: 'none' };
  }

  private draw(api: EmulatedApi, request: ModelRequest, requestId: string, fault: FaultSpec): Answer {
    const { tokenizer } = this.parts;
    const [text, finish] = this.say(api, request, fault);
    const limit =
      fault.kind === 'truncate' ? Math.min(request.maxTokens, fault.afterTokens ?? 8) : request.maxTokens;
    const all = tokenizer.count(text);
    const isCutOff = all > limit;
    // Where it was told to truncate, a text that is short enough as it is ends with its limit all the same.
    const pieces = tokenizer.pieces(
      text,
      fault.kind === 'truncate' && !isCutOff ? Math.max(1, all - 1) : limit,
    );
    const outputTokens = pieces.reduce((sum, { tokens }) => sum + tokens, 0) * request.choices;
    return {
      id: this.id(api.provider === 'openai' ? 'chatcmpl-' : 'msg_'),
      requestId,
      model: datedName(request.model),
      request,
      pieces,
      finish: isCutOff || fault.kind === 'truncate' ? 'length' : finish,
      outputTokens,
      created: Math.floor(Date.now() / 1000),
      ...this.cache(request, api.provider === 'anthropic'),
    };
  }

  private say(
    api: EmulatedApi,
    request: ModelRequest,
    fault: FaultSpec,
  ): [text: string, finish: AnswerFinish] {
    switch (fault.kind) {
      case 'filter':
        return ['', api.provider === 'openai' ? 'content_filter' : 'refusal'];
      case 'refuse':
        return ["I'm sorry, but I can't help with that.", 'refusal'];
      case 'empty':
        return ['', 'stop'];
      case 'invalid_json':
        return ['Sure! Here is what I think about it: this looks like a fairly common request.', 'stop'];
      default:
        return this.sayWell(request);
    }
  }

  private sayWell(request: ModelRequest): [text: string, finish: AnswerFinish] {
    if (request.tool) return [JSON.stringify(valueOfSchema(request.tool.schema)), 'tool_calls'];
    if (request.schema !== null) return [JSON.stringify(valueOfSchema(request.schema)), 'stop'];
    return [answerTo({ system: request.system, user: request.user }), 'stop'];
  }

  private cache(
    request: ModelRequest,
    billsWrites: boolean,
  ): { cachedInputTokens: number; cacheWriteTokens: number } {
    const prefix = this.parts.cachedTokens ? request.cacheablePrefix : null;
    if (!prefix) return { cachedInputTokens: 0, cacheWriteTokens: 0 };
    const key = `${request.model} ${prefix.key}`;
    if (this.cachedPrefixes.has(key)) return { cachedInputTokens: prefix.tokens, cacheWriteTokens: 0 };
    this.cachedPrefixes.add(key);
    return { cachedInputTokens: 0, cacheWriteTokens: billsWrites ? prefix.tokens : 0 };
  }

  /** Sends an answer but for its last piece, or what the fault lets through of it. */
  private async send(
    api: EmulatedApi,
    answer: Answer,
    fault: FaultSpec,
    headers: Readonly<Record<string, string>>,
    response: ServerResponse,
  ): Promise<Sent> {
    const times = drawTimes(this.parts.latency, this.parts.random);
    const broken = fault.kind === 'cut' || fault.kind === 'stall' || fault.kind === 'stream_error';
    const breaksAfter = broken ? (fault.afterTokens ?? (fault.kind === 'stream_error' ? 4 : -1)) : Infinity;
    const breakOff = async (tokens: number): Promise<Sent> => {
      if (fault.kind === 'stall') await untilClosed(response);
      else if (fault.kind === 'stream_error') response.end(api.streamError());
      else response.destroy();
      return { tokens, completed: false };
    };
    if (breaksAfter < 0) return breakOff(0);

    if (!answer.request.stream) {
      const text = JSON.stringify(api.json(answer));
      if (times) await waitWhileOpen(response, times.firstTokenMs + times.perTokenMs * answer.outputTokens);
      if (response.destroyed) return { tokens: answer.outputTokens, completed: false };
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        ...headers,
      });
      if (breaksAfter < Infinity) {
        await writeChunk(response, text.slice(0, text.length >> 1));
        return breakOff(answer.outputTokens);
      }
      return { tokens: answer.outputTokens, completed: true, last: text };
    }

    if (times) await waitWhileOpen(response, times.firstTokenMs);
    if (response.destroyed) return { tokens: 0, completed: false };
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      ...headers,
    });
    let tokens = 0;
    let last: string | null = null;
    for (const event of api.events(answer)) {
      if (last !== null && !(await writeChunk(response, last))) return { tokens, completed: false };
      last = null;
      if (tokens + event.tokens > breaksAfter) return breakOff(tokens);
      if (times && event.tokens > 0) await waitWhileOpen(response, times.perTokenMs * event.tokens);
      tokens += event.tokens;
      last = event.text;
    }
    if (breaksAfter < Infinity) return breakOff(tokens);
    return { tokens: answer.outputTokens, completed: true, last: last ?? '' };
  }

  private id(prefix: string): string {
    this.count++;
    return `${prefix}emu${Math.floor(this.parts.random() * 1e9).toString(36)}${this.count.toString(36).padStart(8, '0')}`;
  }
}

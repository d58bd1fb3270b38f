import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { breakOff, breaksAfter, sendEvents, type EventChannel, type Sent } from './event-channel.js';
import {
  type Extra,
  type FaultKind,
  type FaultProgram,
  type FaultSpec,
  parseDirectives,
  parseFault,
} from './model/faults.js';
import { emptyReply, SpokenDialects } from './dialects/spoken-dialects.js';
import { isDialect, parseDialects, type DialectName } from './dialects/dialects.js';
import { ResponseGenerator } from './response-generator.js';
import { sendJson, untilClosed, waitWhileOpen, writeChunk } from './http.js';
import type { BatchItem, BatchItemReply } from './model/batch.js';
import { drawDelays, type Latency } from './model/random.js';
import { entryOfResponse, entryOfRejection, type Ledger } from './ledger.js';
import type { GeneratedResponse, EmulatedApi, Json, ModelRequest } from './model/emulated-api.js';
import type { Tokenizer } from './model/tokenizer.js';

export interface ResponderParts {
  readonly tokenizer: Tokenizer;
  readonly ledger: Ledger;
  readonly program: FaultProgram;
  readonly random: () => number;
  readonly latency: Latency;
  readonly rates: Partial<Record<FaultKind, number>>;
  readonly cachedTokens: boolean;
  readonly proxyCost: boolean;
  readonly dialects: readonly DialectName[];
}

/** Faults with a response, even an incomplete or invalid one. */
const WITH_RESPONSE: ReadonlySet<string> = new Set([
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
  'pause',
  'failed',
]);

/** Faults that interrupt a response. */
const BREAKS: ReadonlySet<string> = new Set(['stall', 'cut', 'stream_error']);

/** Returns whether a fault has a response, even an incomplete or invalid one. */
export function hasResponse({ kind }: FaultSpec): boolean {
  return WITH_RESPONSE.has(kind);
}

/** A model request with what decides about its response. */
export interface PreparedRequest {
  readonly request: ModelRequest;
  readonly fault: FaultSpec;
  readonly extras: ReadonlySet<Extra>;
  readonly dialects: SpokenDialects;
  readonly retryCount: number;
}

/** Returns the retry count that the SDK sends: of OpenAI's and Anthropic's, or `attempt=2; max=3` of the AWS SDK. */
function retryCountOf(headers: IncomingHttpHeaders): number {
  const attempt = /^attempt=(\d+)/.exec(String(headers['amz-sdk-request']))?.[1];
  return attempt === undefined ? Number(headers['x-stainless-retry-count'] ?? 0) : Number(attempt) - 1;
}

/** Returns the dialects that the header `x-emulator-dialect` names. */
function dialectsIn(headers: IncomingHttpHeaders): readonly DialectName[] {
  const named = headers['x-emulator-dialect'];
  return typeof named === 'string' ? parseDialects(named.split(/[\s,]+/).filter(Boolean)) : [];
}

/** Handles model requests: picks a fault, composes the response, sends it with its latency, updates the ledger. */
export class Responder {
  private count = 0;
  private readonly generator: ResponseGenerator;

  constructor(private readonly parts: ResponderParts) {
    this.generator = new ResponseGenerator(parts);
  }

  async respond(
    api: EmulatedApi,
    http: IncomingMessage,
    path: string,
    body: Json | null,
    response: ServerResponse,
  ): Promise<void> {
    const requestId = this.id('req_');
    const headers = api.headers(requestId);
    const prepared = this.prepare(api, http.headers, path, body);
    if (typeof prepared === 'string') {
      const rejection = api.reject('bad_request', { kind: 'bad_request' }, { model: '', prompt: prepared });
      return sendJson(response, { ...rejection, headers });
    }
    const { request, fault, dialects, retryCount } = prepared;
    const isEventStream = request.stream && !api.eventStream;
    const bill = { requestId, provider: api.provider, stream: request.stream, retryCount };

    if (!hasResponse(fault)) {
      const { model, user: prompt } = request;
      const { kind } = fault;
      const rejection =
        kind === 'no_body' || kind === 'only_done'
          ? emptyReply(kind, isEventStream)
          : dialects.rejection(api.reject(kind as FaultKind, fault, { model, prompt }), fault, isEventStream);
      this.parts.ledger.add(
        entryOfRejection({ ...bill, model, status: rejection.status, finish: fault.kind }),
      );
      return sendJson(response, { ...rejection, headers: { ...headers, ...rejection.headers } });
    }

    const generated = this.generate(api, prepared, requestId);
    api.store?.(generated);
    const sent = await this.send(api, generated, { fault, dialects }, headers, response);
    this.parts.ledger.add(
      entryOfResponse(generated, {
        ...bill,
        status: response.headersSent ? response.statusCode : 0,
        outputTokens: sent.tokens,
        finish: sent.completed ? generated.finish : fault.kind === 'none' ? 'left' : fault.kind,
        completed: sent.completed,
      }),
    );
    // The ledger is updated before the client sees the end of the response.
    if (sent.completed) response.end(sent.last);
  }

  /** Reads a request, and picks its fault. Returns the error message if it is invalid. */
  prepare(
    api: EmulatedApi,
    headers: IncomingHttpHeaders,
    path: string,
    body: Json | null,
  ): PreparedRequest | string {
    if (body === null) return 'We could not parse the JSON body of your request.';
    const read = api.read(body, this.parts.tokenizer, path, headers);
    if (typeof read === 'string') return read;
    const retryCount = retryCountOf(headers);
    const { fault: directive, extras, dialects: named, text } = parseDirectives(read.user, isDialect);
    const dialects = new SpokenDialects([...this.parts.dialects, ...dialectsIn(headers), ...named]);
    const request: ModelRequest = {
      ...read,
      includeUsage: read.includeUsage || dialects.sendsUsage,
      user: text,
      system: parseDirectives(read.system, isDialect).text,
    };
    const fault = this.faultFor(api, headers, request, directive, retryCount);
    return { request, fault, extras, dialects, retryCount };
  }

  generate(
    api: EmulatedApi,
    { request, fault, extras, dialects }: PreparedRequest,
    requestId: string,
  ): GeneratedResponse {
    return this.generator.generate(api, request, {
      id: this.id(api.idPrefix),
      requestId,
      fault,
      extras: dialects.sendsCost ? new Set([...extras, 'proxy_cost']) : extras,
    });
  }

  /** Answers a request inside a batch. Its response is complete or an error: it is not sent by itself. */
  answerItem(api: EmulatedApi, { id, path, body }: BatchItem): BatchItemReply {
    const { tokenizer, ledger } = this.parts;
    const requestId = this.id('req_');
    const read = api.read(body, tokenizer, path, {});
    if (typeof read === 'string') {
      const { status, body: error } = api.reject(
        'bad_request',
        { kind: 'bad_request' },
        { model: '', prompt: read },
      );
      return { id, requestId, status, body: error, usage: null, model: null };
    }
    const { fault: directive, extras, text } = parseDirectives(read.user, isDialect);
    const request: ModelRequest = {
      ...read,
      user: text,
      system: parseDirectives(read.system, isDialect).text,
      stream: false,
    };
    const bill = { requestId, provider: api.provider, stream: false, retryCount: 0 };
    const { kind } = directive ?? { kind: 'none' as const };
    if (directive !== null && (!WITH_RESPONSE.has(kind) || BREAKS.has(kind))) {
      const rejected = WITH_RESPONSE.has(kind) ? 'server_error' : (kind as FaultKind);
      const { status, body: error } = api.reject(rejected, directive, {
        model: request.model,
        prompt: request.user,
      });
      ledger.add(entryOfRejection({ ...bill, model: request.model, status, finish: rejected }));
      return { id, requestId, status, body: error, usage: null, model: null };
    }
    const fault = directive ?? ({ kind: 'none' } as const);
    const generated = this.generator.generate(api, request, {
      id: this.id(api.idPrefix),
      requestId,
      fault,
      extras,
    });
    const { outputTokens, finish, cachedInputTokens, reasoningTokens, model } = generated;
    const entry = entryOfResponse(generated, { ...bill, status: 200, outputTokens, finish, completed: true });
    ledger.add({ ...entry, serviceTier: 'batch' });
    return {
      id,
      requestId,
      status: 200,
      body: api.json(generated),
      usage: {
        input: request.inputTokens,
        cached: cachedInputTokens,
        output: outputTokens,
        reasoning: reasoningTokens,
      },
      model,
    };
  }

  /** Returns a new id. */
  id(prefix: string): string {
    this.count++;
    return `${prefix}emu${Math.floor(this.parts.random() * 1e9).toString(36)}${this.count.toString(36).padStart(8, '0')}`;
  }

  /** Picks the fault. Precedence: request header, directive in the prompt, programmed faults, rates. */
  private faultFor(
    api: EmulatedApi,
    headers: IncomingHttpHeaders,
    request: ModelRequest,
    directive: FaultSpec | null,
    retryCount: number,
  ): FaultSpec {
    const header = headers['x-emulator-fault'];
    const asked = typeof header === 'string' ? parseFault(header) : directive;
    const fault = asked ?? this.parts.program.take(request.model) ?? this.drawFault();
    if (fault.kind === 'none') return fault;
    if (fault.attempts !== undefined && retryCount >= fault.attempts) return { kind: 'none' };
    // Only a stream can end with an error event; a non-streaming response fails as a whole.
    if (fault.kind === 'stream_error' && !request.stream) return { ...fault, kind: 'server_error' };
    return { ...fault, kind: api.faultReplacements?.[fault.kind] ?? fault.kind };
  }

  private drawFault(): FaultSpec {
    for (const [kind, rate] of Object.entries(this.parts.rates)) {
      if (rate > 0 && this.parts.random() < rate) return { kind: kind as FaultKind };
    }
    return { kind: 'none' };
  }

  /** Sends a response except its last chunk, or only the part before the fault. */
  private async send(
    api: EmulatedApi,
    generated: GeneratedResponse,
    { fault, dialects }: { readonly fault: FaultSpec; readonly dialects: SpokenDialects },
    headers: Readonly<Record<string, string>>,
    response: ServerResponse,
  ): Promise<Sent<string | Buffer>> {
    const times = drawDelays(this.parts.latency, this.parts.random);
    const limit = breaksAfter(fault);
    const written = (event: string): string | Buffer => api.eventStream?.encode(event) ?? event;
    const channel = channelOf(response, written);
    const errorEvent = (eventsSent: number): string => dialects.streamError(api, generated, eventsSent);
    if (limit < 0) return breakOff(channel, fault, 0, () => errorEvent(0));

    if (!generated.request.stream) {
      const body = dialects.json(api.json(generated), generated);
      const isText = typeof body === 'string';
      const text = isText || Buffer.isBuffer(body) ? body : JSON.stringify(body);
      if (times)
        await waitWhileOpen(response, times.firstTokenMs + times.perTokenMs * generated.outputTokens);
      if (response.destroyed) return { tokens: generated.outputTokens, completed: false };
      response.writeHead(200, {
        'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
        'content-length': Buffer.byteLength(text),
        ...headers,
        ...api.jsonHeaders?.(generated),
      });
      if (limit < Infinity) {
        await writeChunk(response, text.slice(0, text.length >> 1));
        return breakOff(channel, fault, generated.outputTokens, () => errorEvent(0));
      }
      return { tokens: generated.outputTokens, completed: true, last: text };
    }

    if (times) await waitWhileOpen(response, times.firstTokenMs);
    if (response.destroyed) return { tokens: 0, completed: false };
    const streamType = dialects.streamType(api);
    response.writeHead(200, {
      ...(streamType === null ? {} : { 'content-type': streamType }),
      'cache-control': 'no-cache',
      ...headers,
    });
    const { outputTokens } = generated;
    const events = dialects.events(api, generated);
    const sent = await sendEvents(channel, events, { fault, times, outputTokens, errorEvent });
    return sent.completed ? { ...sent, last: written(sent.last) } : sent;
  }
}

/** Returns the channel of a response over HTTP. */
function channelOf(response: ServerResponse, written: (event: string) => string | Buffer): EventChannel {
  return {
    send: (event) => writeChunk(response, written(event)),
    wait: (milliseconds) => waitWhileOpen(response, milliseconds),
    untilClosed: () => untilClosed(response),
    fail: (event) => void response.end(written(event)),
    destroy: () => void response.destroy(),
  };
}

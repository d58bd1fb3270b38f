import type { IncomingMessage, ServerResponse } from 'node:http';
import {
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

interface ResponderParts {
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

/** Progress of a response: the tokens generated for it, and whether everything except `last` was sent. */
type Sent =
  | { readonly tokens: number; readonly completed: false }
  | { readonly tokens: number; readonly completed: true; readonly last: string | Buffer };

/** Returns the retry count that the SDK sends: of OpenAI's and Anthropic's, or `attempt=2; max=3` of the AWS SDK. */
function retryCountOf({ headers }: IncomingMessage): number {
  const attempt = /^attempt=(\d+)/.exec(String(headers['amz-sdk-request']))?.[1];
  return attempt === undefined ? Number(headers['x-stainless-retry-count'] ?? 0) : Number(attempt) - 1;
}

/** Returns the dialects that the header `x-emulator-dialect` names. */
function dialectsIn({ headers }: IncomingMessage): readonly DialectName[] {
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
    const read =
      body === null
        ? 'We could not parse the JSON body of your request.'
        : api.read(body, this.parts.tokenizer, path, http.headers);
    if (typeof read === 'string') {
      const rejection = api.reject('bad_request', { kind: 'bad_request' }, { model: '', prompt: read });
      return sendJson(response, { ...rejection, headers });
    }
    const retryCount = retryCountOf(http);
    const { fault: directive, extras, dialects: named, text } = parseDirectives(read.user, isDialect);
    const dialects = new SpokenDialects([...this.parts.dialects, ...dialectsIn(http), ...named]);
    const request: ModelRequest = {
      ...read,
      includeUsage: read.includeUsage || dialects.sendsUsage,
      user: text,
      system: parseDirectives(read.system, isDialect).text,
    };
    const isEventStream = request.stream && !api.eventStream;
    const fault = this.faultFor(api, http, request, directive, retryCount);
    const bill = { requestId, provider: api.provider, stream: request.stream, retryCount };

    if (!WITH_RESPONSE.has(fault.kind)) {
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

    const generated = this.generator.generate(api, request, {
      id: this.id(api.idPrefix),
      requestId,
      fault,
      extras: dialects.sendsCost ? new Set([...extras, 'proxy_cost']) : extras,
    });
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
    http: IncomingMessage,
    request: ModelRequest,
    directive: FaultSpec | null,
    retryCount: number,
  ): FaultSpec {
    const header = http.headers['x-emulator-fault'];
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
  ): Promise<Sent> {
    const times = drawDelays(this.parts.latency, this.parts.random);
    const broken = fault.kind === 'cut' || fault.kind === 'stall' || fault.kind === 'stream_error';
    const breaksAfter = broken ? (fault.afterTokens ?? (fault.kind === 'stream_error' ? 4 : -1)) : Infinity;
    const written = (event: string): string | Buffer => api.eventStream?.encode(event) ?? event;
    let eventsSent = 0;
    const breakOff = async (tokens: number): Promise<Sent> => {
      if (fault.kind === 'stall') await untilClosed(response);
      else if (fault.kind === 'stream_error')
        response.end(written(dialects.streamError(api, generated, eventsSent)));
      else response.destroy();
      return { tokens, completed: false };
    };
    if (breaksAfter < 0) return breakOff(0);

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
      if (breaksAfter < Infinity) {
        await writeChunk(response, text.slice(0, text.length >> 1));
        return breakOff(generated.outputTokens);
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
    let tokens = 0;
    let last: string | Buffer | null = null;
    for (const event of dialects.events(api, generated)) {
      if (last !== null && !(await writeChunk(response, last))) return { tokens, completed: false };
      if (last !== null) eventsSent++;
      last = null;
      if (tokens + event.tokens > breaksAfter) return breakOff(tokens);
      if (times && event.tokens > 0) await waitWhileOpen(response, times.perTokenMs * event.tokens);
      tokens += event.tokens;
      last = written(event.text);
    }
    if (breaksAfter < Infinity) return breakOff(tokens);
    return { tokens: generated.outputTokens, completed: true, last: last ?? '' };
  }
}

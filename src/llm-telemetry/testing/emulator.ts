import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseDialects, type DialectName } from './dialects/dialects.js';
import { Responder, type ResponderParts } from './responder.js';
import { FaultProgram, type FaultKind, type FaultSpec } from './model/faults.js';
import { readBody, readFiles, readForm, sendJson, sendLines } from './http.js';
import { type Latency, seededRandom } from './model/random.js';
import { Ledger } from './ledger.js';
import { MODELS } from './model-names.js';
import { anthropicBatches } from './providers/anthropic-batches.js';
import { bedrockMessages, vertexMessages } from './providers/anthropic-hosted.js';
import { anthropicMessages, countInput } from './providers/anthropic-messages.js';
import { anthropicPlatform } from './providers/anthropic-platform.js';
import { geminiBatches } from './providers/gemini-batches.js';
import { gemini, geminiArray } from './providers/gemini.js';
import { geminiEmbeddings } from './providers/gemini-embeddings.js';
import { geminiInteractions } from './providers/gemini-interactions.js';
import { bedrockConverse } from './providers/bedrock-converse.js';
import { bedrockMakers } from './providers/bedrock-makers.js';
import { workersAiText } from './providers/cloudflare-workers-ai.js';
import { workersAiModels } from './providers/cloudflare-workers-ai-models.js';
import { cohereChatV1 } from './providers/cohere-chat-v1.js';
import { cohereChat, cohereEmbed } from './providers/cohere.js';
import { dashscope } from './providers/dashscope.js';
import { dashscopeModels } from './providers/dashscope-models.js';
import { mistralAgents, mistralFim } from './providers/mistral-completions.js';
import { mistralConversations } from './providers/mistral-conversations.js';
import { mistralOcr } from './providers/mistral-ocr.js';
import { ollamaChat, ollamaEmbed, ollamaEmbeddings, ollamaGenerate } from './providers/ollama.js';
import { openaiBatches } from './providers/openai-batches.js';
import { openaiChat } from './providers/openai-chat.js';
import { openaiCompletions } from './providers/openai-completions.js';
import { openaiEmbeddings } from './providers/openai-embeddings.js';
import { openaiImages } from './providers/openai-images.js';
import { openaiPlatform } from './providers/openai-platform.js';
import { openaiRealtime } from './providers/openai-realtime.js';
import { openaiResponses } from './providers/openai-responses.js';
import { openaiResponsesSocket } from './providers/openai-responses-socket.js';
import { openaiSpeech } from './providers/openai-speech.js';
import { openaiTranscriptions } from './providers/openai-transcriptions.js';
import { openaiVideos } from './providers/openai-videos.js';
import { snowflakeApis } from './providers/snowflake-cortex.js';
import { otherEmbeddings } from './providers/list-embeddings.js';
import { reranks } from './providers/rerank.js';
import { vercelLanguageModel } from './providers/vercel-gateway.js';
import { vercelModels } from './providers/vercel-gateway-models.js';
import type { BatchHost, BatchItem, BatchItemReply } from './model/batch.js';
import { imagen, predictEmbeddings } from './providers/vertex-predict.js';
import type { EmulatedApi, Json, Platform } from './model/emulated-api.js';
import { loadTokenizer, type Tokenizer } from './model/tokenizer.js';
import { SocketResponder } from './socket-responder.js';
import { loadSocketServer, Sockets, type SocketParts } from './sockets.js';

/** Options of `startProviderEmulator`. @publicApi */
export interface EmulatorOptions {
  /** Port on 127.0.0.1. @defaultValue 0 (any free port) */
  readonly port?: number | undefined;
  /** Delay of responses. @defaultValue `none` */
  readonly latency?: Latency | undefined;
  /** Seed of all randomness. @defaultValue 1 */
  readonly seed?: number | undefined;
  /** Probability of each fault, from 0 to 1. @defaultValue no faults */
  readonly rates?: Partial<Record<FaultKind, number>> | undefined;
  /** Reads repeated prompts from a prompt cache. @defaultValue false */
  readonly cachedTokens?: boolean | undefined;
  /** Dialects of all responses. @defaultValue none */
  readonly dialects?: readonly DialectName[] | undefined;
  /** Adds `usage.cost` to responses of OpenAI's APIs, as a proxy does. @defaultValue false */
  readonly proxyCost?: boolean | undefined;
}

/** A received request, without credentials. @publicApi */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  /** All values of all headers. Credentials are replaced by `[key]`. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** Parsed JSON, or the fields of a form with files as name and size. */
  readonly body: unknown;
}

/**
 * Starts a server for development and tests that emulates the APIs of OpenAI, Anthropic (also at Bedrock and Vertex AI),
 * Gemini, Amazon Bedrock, Cohere, Voyage, Jina, Mistral, Ollama, the Vercel AI Gateway, Cloudflare Workers AI, Snowflake
 * Cortex and DashScope, and the dialects of compatible servers. It uses real HTTP and streams, counts tokens, and keeps a ledger of billed usage.
 *
 * @throws MissingTokenizerError if `gpt-tokenizer` is not installed; InvalidDialectError if a dialect is unknown; an error of the server if the port is in use.
 * @publicApi
 */
export async function startProviderEmulator(options: EmulatorOptions = {}): Promise<ProviderEmulator> {
  const tokenizer = await loadTokenizer();
  const emulator = new ProviderEmulator(options, tokenizer);
  await emulator.listen(options.port ?? 0);
  return emulator;
}

/** Lists the APIs. The first that matches the path handles the request. */
function apis(responses: readonly EmulatedApi[]): readonly EmulatedApi[] {
  return [
    openaiChat,
    anthropicMessages,
    bedrockMessages,
    bedrockConverse,
    ...bedrockMakers,
    vertexMessages,
    ...responses,
    ...otherEmbeddings,
    // Its path ends with that of OpenAI.
    ollamaEmbeddings,
    openaiEmbeddings,
    // Their paths end with that of Completions.
    mistralAgents,
    mistralFim,
    openaiCompletions,
    openaiImages,
    openaiTranscriptions,
    openaiSpeech,
    openaiVideos(),
    gemini,
    geminiArray,
    geminiEmbeddings,
    geminiInteractions,
    predictEmbeddings,
    imagen,
    cohereChat,
    cohereChatV1,
    cohereEmbed,
    ...reranks,
    ollamaChat,
    ollamaGenerate,
    ollamaEmbed,
    mistralConversations,
    mistralOcr,
    vercelLanguageModel,
    ...vercelModels,
    ...workersAiModels,
    workersAiText,
    ...snowflakeApis,
    dashscope,
    ...dashscopeModels,
  ];
}

/**
 * Addresses of the emulators of this process. Requests to them are recorded and priced as requests to the emulated
 * providers. The symbol is a contract with the library.
 */
const emulators = ((globalThis as unknown as Record<symbol, Set<string> | undefined>)[
  Symbol.for('nestjs-llm-telemetry.emulators.v1')
] ??= new Set());

const KEPT_REQUESTS = 1000;
const CREDENTIALS = /^(authorization|x-api-key|api-key|x-goog-api-key|cookie|x-amz-security-token)$/i;

/** A running emulator. @publicApi */
export class ProviderEmulator {
  /** Usage that the providers would bill. */
  readonly ledger = new Ledger();
  /**
   * The latest 1,000 requests, oldest first. A message that requests a response over a WebSocket is a request with the
   * headers of its connection.
   */
  readonly requests: ReceivedRequest[] = [];
  private readonly server: Server;
  private readonly faults = new FaultProgram();
  private readonly responder: Responder;
  private readonly apis: readonly EmulatedApi[];
  private readonly socketParts: SocketParts;
  private sockets: Sockets | null = null;
  private readonly batchApis = [anthropicBatches(), openaiBatches(), geminiBatches()];
  private readonly batchHost: BatchHost = {
    process: (item) => this.processItem(item),
    id: (prefix) => this.responder.id(prefix),
  };
  private addresses: readonly string[] = [];

  /** Use `startProviderEmulator`. @internal */
  constructor(
    options: EmulatorOptions,
    private readonly tokenizer: Tokenizer,
  ) {
    const parts: ResponderParts = {
      tokenizer,
      ledger: this.ledger,
      program: this.faults,
      random: seededRandom(options.seed ?? 1),
      latency: options.latency ?? 'none',
      rates: options.rates ?? {},
      cachedTokens: options.cachedTokens ?? false,
      proxyCost: options.proxyCost ?? false,
      dialects: parseDialects(options.dialects ?? []),
    };
    this.responder = new Responder(parts);
    const [responses, ...others] = openaiResponses();
    this.apis = apis([responses, ...others]);
    this.socketParts = {
      apis: [openaiResponsesSocket(responses), openaiRealtime],
      responder: new SocketResponder(parts, this.responder),
      id: (prefix) => this.responder.id(prefix),
      keep: (request, path, body) => this.keep(request, path, body),
    };
    this.server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
      this.handle(request, response).catch((error: unknown) => {
        // Invalid directives (TypeError) are reported to the client; other errors are broken connections.
        if (error instanceof TypeError && !response.headersSent) sendError(response, 400, error.message);
        else response.destroy();
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** `baseURL` for an OpenAI client. */
  get openaiBaseUrl(): string {
    return `${this.url}/v1`;
  }

  /** `baseURL` for an Anthropic client. */
  get anthropicBaseUrl(): string {
    return this.url;
  }

  /** `httpOptions.baseUrl` of `@google/genai`, and `baseUrl` of `@google/generative-ai`. */
  get geminiBaseUrl(): string {
    return this.url;
  }

  /** Queues faults for the next requests, in this order. @throws InvalidFaultError if a fault is unknown. */
  program(...faults: readonly FaultSpec[]): void {
    for (const fault of faults) this.faults.add(fault);
  }

  /** Clears requests, programmed faults and the ledger. */
  reset(): void {
    this.requests.length = 0;
    this.faults.clear();
    this.ledger.clear();
  }

  /** Closes all connections; resolves when the server is closed. */
  async stop(): Promise<void> {
    for (const address of this.addresses) emulators.delete(address);
    this.addresses = [];
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    this.sockets?.close();
    await closed;
  }

  /** @internal */
  async listen(port: number): Promise<void> {
    const sockets = new Sockets(await loadSocketServer(), this.socketParts);
    this.sockets = sockets;
    this.server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head));
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () => {
        const { port: actual } = this.server.address() as AddressInfo;
        this.addresses = ['127.0.0.1', 'localhost'].map((host) => `${host}:${actual}`);
        for (const address of this.addresses) emulators.add(address);
        resolve();
      });
    });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '/', query = ''] = (request.url ?? '/').split('?');
    const contentType = request.headers['content-type'] ?? '';
    const bytes = await readBody(request);
    const body = await parseBody(bytes, contentType);
    this.keep(request, path, body);
    if (isBatchPath(path)) {
      const files = contentType.startsWith('multipart/') ? await readFiles(bytes, contentType) : [];
      const batch = { method: request.method ?? '', path, origin: this.url, body, files };
      for (const api of this.batchApis) {
        const reply = api.respond(batch, this.batchHost);
        if (reply !== null)
          return 'lines' in reply ? sendLines(response, reply.lines) : sendJson(response, reply);
      }
    }
    // Only Anthropic's SDK sends this header.
    const platform = request.headers['anthropic-version'] === undefined ? openaiPlatform : anthropicPlatform;
    if (request.method === 'GET' && /\/models(\/|$)/.test(path)) return sendModels(platform, path, response);
    const notFound = (): void =>
      sendJson(response, { status: 404, body: platform.notFound(`Invalid URL (${request.method} ${path})`) });
    if (request.method === 'GET') {
      const stored = this.apis.map((api) => api.retrieve?.(path) ?? null).find((body) => body !== null);
      return stored === undefined ? notFound() : sendJson(response, { status: 200, body: stored });
    }
    if (request.method !== 'POST') return notFound();
    if (path.endsWith('/messages/count_tokens')) {
      return sendJson(response, {
        status: 200,
        body: { input_tokens: countInput(body ?? {}, this.tokenizer) },
      });
    }
    const api = this.apis.find((candidate) => candidate.matches(path, query, body ?? {}));
    if (!api) return notFound();
    await this.responder.respond(api, request, path, body, response);
  }

  /** @throws TypeError if no API has the path of the item */
  private processItem(item: BatchItem): BatchItemReply {
    const api = this.apis.find((candidate) => candidate.matches(item.path, '', item.body));
    if (!api) throw new TypeError(`Invalid URL in a batch: ${item.path}`);
    return this.responder.answerItem(api, item);
  }

  private keep(request: IncomingMessage, path: string, body: unknown): void {
    const headers: Array<[string, string]> = [];
    for (let index = 0; index < request.rawHeaders.length; index += 2) {
      const name = request.rawHeaders[index]!.toLowerCase();
      headers.push([name, CREDENTIALS.test(name) ? '[key]' : request.rawHeaders[index + 1]!]);
    }
    this.requests.push({ method: request.method ?? '', path, headers, body });
    if (this.requests.length > KEPT_REQUESTS) this.requests.shift();
  }
}

function isBatchPath(path: string): boolean {
  return /\/(?:batches|files)(?:\/|$)|:batchGenerateContent$/.test(path);
}

function sendModels(api: Platform, path: string, response: ServerResponse): void {
  const id = /\/models\/(.+)$/.exec(path)?.[1];
  const known = MODELS.filter((model) => api.hasModel(model));
  if (id === undefined) return sendJson(response, { status: 200, body: api.models(known) });
  if (!known.includes(id))
    return sendJson(response, { status: 404, body: api.notFound(`The model ${id} does not exist`) });
  sendJson(response, { status: 200, body: api.model(id) });
}

function sendError(response: ServerResponse, status: number, message: string): void {
  sendJson(response, {
    status,
    body: { error: { message, type: 'invalid_request_error', param: null, code: null } },
  });
}

async function parseBody(body: Buffer<ArrayBuffer>, contentType: string): Promise<Json | null> {
  try {
    if (contentType.startsWith('multipart/form-data')) return await readForm(body, contentType);
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Json) : null;
  } catch {
    return null;
  }
}

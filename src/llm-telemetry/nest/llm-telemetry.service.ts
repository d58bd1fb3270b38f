import { Inject, Injectable } from '@nestjs/common';
import { CALL_RECORDER, isEnabled, type InjectedRecorder } from './application.js';
import { CALL_STORE, type CallStore } from '../store/call-store.js';
import { currentContext } from '../calls/call.js';
import type { CurrentLlmCall } from '../calls/current-call.js';
import { runCall } from '../calls/methods/run-call.js';
import { definitionOfRun, type LlmRunOptions } from './llm-call-options.js';
import type { AgentQuery } from '../wire/transports/agent/observed-query.js';
import type { AwsClient } from '../wire/transports/aws/aws-client.js';
import { loadAtStart } from '../wire/exchanges/load-at-start.js';
import { tapFetch } from '../wire/transports/fetch-tap.js';
import type { ModelSocket } from '../wire/transports/websocket/socket-events.js';

/** Code for clients that use neither `fetch` nor `node:http`. */
const clientCode = loadAtStart(async () => {
  const [{ observeQuery }, { observeAwsClient }, { observeWebSocket }] = await Promise.all([
    import('../wire/transports/agent/observed-query.js'),
    import('../wire/transports/aws/aws-client.js'),
    import('../wire/transports/websocket/observed-socket.js'),
  ]);
  return { observeQuery, observeAwsClient, observeWebSocket };
});

/**
 * Telemetry of this application, for code that cannot be annotated.
 *
 * @publicApi
 */
@Injectable()
export class LlmTelemetry {
  constructor(
    @Inject(CALL_RECORDER) private readonly recorder: InjectedRecorder,
    @Inject(CALL_STORE) private readonly store: CallStore | null,
  ) {}

  /**
   * Runs `work` as a call, like `@LlmCall` for a method, and returns its result.
   *
   * If a budget refuses the call, `work` does not run and the returned promise rejects with `LlmBudgetExceededError`,
   * even if `work` is not async; for a generator function, the first step throws it. So always `await` the result, or
   * add a `catch`.
   */
  run<T>(options: LlmRunOptions, work: () => T): T {
    return isEnabled(this.recorder) ? (runCall(this.recorder, definitionOfRun(options), work) as T) : work();
  }

  /** Returns the current call, or `undefined` outside of a call. */
  currentCall(): CurrentLlmCall | undefined {
    return currentLlmCall();
  }

  /**
   * Returns a `fetch` whose model requests are captured, for an SDK client that has its own `fetch` or was created before
   * this library was imported. Requests of a `fetch` that is wrapped twice are captured once.
   *
   * @example new OpenAI({ fetch: telemetry.wrapFetch(fetch) })
   */
  wrapFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
    const { recorder } = this;
    return isEnabled(recorder) ? tapFetch(fetch, () => currentContext()?.observer ?? recorder) : fetch;
  }

  /**
   * Captures the requests of an AWS client to Amazon Bedrock, which does not use `fetch`: Converse, ConverseStream,
   * InvokeModel and InvokeModelWithResponseStream of `@aws-sdk/client-bedrock-runtime`, each try as an attempt. Adds two
   * middleware functions to the client, which change neither its requests nor its results. Other requests are ignored. A
   * client that is passed twice is captured once.
   *
   * @returns the same client
   * @example const bedrock = telemetry.observeAwsClient(new BedrockRuntimeClient({ region: 'us-east-1' }));
   * @example telemetry.observeAwsClient(model.client); // ChatBedrockConverse of @langchain/aws
   */
  observeAwsClient<Client extends AwsClient>(client: Client): Client {
    const { recorder } = this;
    if (isEnabled(recorder))
      clientCode()?.observeAwsClient(client, () => currentContext()?.observer ?? recorder);
    return client;
  }

  /**
   * Captures the responses that a model sends over a WebSocket: OpenAI's Responses and Realtime. Each response is an
   * attempt of the call that requested it, or of the call in which the socket was passed. Takes a WebSocket of the
   * platform or of `ws`, or the wrapper of the SDK. Other sockets, and one that is passed twice, are left as they are.
   *
   * @returns the same socket
   * @example const socket = telemetry.observeWebSocket(new ResponsesWS(openai));
   */
  observeWebSocket<Socket extends ModelSocket>(socket: Socket): Socket {
    const { recorder } = this;
    if (isEnabled(recorder))
      clientCode()?.observeWebSocket(socket, () => currentContext()?.observer ?? recorder);
    return socket;
  }

  /**
   * Captures the messages of a query of `@anthropic-ai/claude-agent-sdk`, whose requests are sent by a child process. Each
   * turn of the agent is recorded when its result arrives, with one attempt for each model: usage, the SDK's estimate of
   * the cost (`providerCostUsd`), turns, and how it ended. A turn without a result has the usage of its messages. Belongs
   * to the call in which the messages are read, else to the call in which the query was passed. A query that is passed
   * twice is captured once. Other values are left as they are, and reported in a warning.
   *
   * @returns the same query
   * @example for await (const message of telemetry.observeQuery(query({ prompt }))) console.log(message.type);
   */
  observeQuery<Query extends AgentQuery>(query: Query): Query {
    const { recorder } = this;
    if (isEnabled(recorder)) clientCode()?.observeQuery(query, () => currentContext()?.observer ?? recorder);
    return query;
  }

  /**
   * Ends calls whose method has returned but whose response was not read to its end, and passes their records to the
   * store and all sinks. Does not affect calls that are running. Never rejects.
   */
  async flush(): Promise<void> {
    if (isEnabled(this.recorder)) {
      this.recorder.flush();
      await this.recorder.batchRecorder.settled();
    }
    await this.store?.flush();
  }
}

/**
 * Returns the current call, or `undefined` outside of a call. Never throws.
 *
 * @publicApi
 */
export function currentLlmCall(): CurrentLlmCall | undefined {
  return currentContext()?.call;
}

import type { IncomingHttpHeaders } from 'node:http';
import { breakOff, breaksAfter, sendEvents, type EventChannel } from './event-channel.js';
import { entryOfRejection, entryOfResponse } from './ledger.js';
import { hasResponse, type Responder, type ResponderParts } from './responder.js';
import type { Json, JsonReply } from './model/emulated-api.js';
import type { SocketReply, SocketSession } from './model/emulated-socket.js';
import type { FaultKind, FaultSpec } from './model/faults.js';
import { drawDelays } from './model/random.js';

/** Connection to a client. */
export interface SocketClient extends Omit<EventChannel, 'send' | 'fail'> {
  /** Sends a message. Resolves to false if the client has disconnected. */
  send(message: object): Promise<boolean>;
}

/** Status of the response that opened the connection. */
const SWITCHING_PROTOCOLS = 101;

/** Faults of HTTP, and what a connection has instead. */
const REPLACEMENTS: Partial<Record<FaultSpec['kind'], FaultKind>> = {
  html: 'server_error',
  no_body: 'cut',
  only_done: 'cut',
};

/** Sends the responses that clients request over a WebSocket, with their faults, latency and bill. */
export class SocketResponder {
  constructor(
    private readonly parts: ResponderParts,
    private readonly responder: Responder,
  ) {}

  /** @param headers - of the request that opened the connection */
  async respond(
    session: SocketSession,
    path: string,
    headers: IncomingHttpHeaders,
    { request: body = {}, envelope = {} }: SocketReply,
    client: SocketClient,
  ): Promise<void> {
    const { api } = session;
    const { ledger, latency, random } = this.parts;
    const requestId = this.responder.id('req_');
    const refuse = (reply: JsonReply): Promise<boolean> =>
      client.send({ ...session.refusal(reply), ...envelope });
    const read = this.responder.prepare(api, headers, path, body);
    if (typeof read === 'string')
      return void refuse(api.reject('bad_request', { kind: 'bad_request' }, { model: '', prompt: read }));
    const { kind } = read.fault;
    const prepared = { ...read, fault: { ...read.fault, kind: REPLACEMENTS[kind] ?? kind } };
    const { fault, request } = prepared;
    const bill = { requestId, provider: api.provider, stream: true, retryCount: 0 };
    if (!hasResponse(fault)) {
      const { model, user: prompt } = request;
      const reply = api.reject(fault.kind as FaultKind, fault, { model, prompt });
      ledger.add(entryOfRejection({ ...bill, model, status: reply.status, finish: fault.kind }));
      return void refuse(reply);
    }

    const generated = this.responder.generate(api, prepared, requestId);
    api.store?.(generated);
    session.interruption = null;
    const channel = channelOf(client, envelope, session);
    const errorEvent = (eventsSent: number): string => api.streamError(eventsSent);
    const times = drawDelays(latency, random);
    if (times) await client.wait(times.firstTokenMs);
    const { outputTokens } = generated;
    const sent =
      breaksAfter(fault) < 0
        ? await breakOff(channel, fault, 0, () => errorEvent(0))
        : await sendEvents(channel, api.events(generated), { fault, times, outputTokens, errorEvent });
    ledger.add(
      entryOfResponse(generated, {
        ...bill,
        status: SWITCHING_PROTOCOLS,
        outputTokens: sent.tokens,
        finish: sent.completed
          ? generated.finish
          : session.interruption
            ? 'cancelled'
            : fault.kind === 'none'
              ? 'left'
              : fault.kind,
        completed: sent.completed,
      }),
    );
    // The ledger is updated before the client sees the end of the response.
    if (sent.completed) await channel.send(sent.last);
    else if (session.interruption)
      await client.send({ ...session.interrupted!(generated, sent.tokens), ...envelope });
  }
}

/** Returns the channel of a response: the data of each event is a message. */
function channelOf(client: SocketClient, envelope: Json, session: SocketSession): EventChannel {
  const send = (event: string): Promise<boolean> => client.send({ ...dataOf(event), ...envelope });
  return {
    send: async (event) => !session.interruption && (await send(event)) && !session.interruption,
    fail: (event) => void send(event),
    wait: (milliseconds) => client.wait(milliseconds),
    untilClosed: () => client.untilClosed(),
    destroy: () => client.destroy(),
  };
}

/** Returns the data of a server-sent event. */
function dataOf(event: string): object {
  return JSON.parse(/^data: (.*)$/m.exec(event)![1]!) as object;
}

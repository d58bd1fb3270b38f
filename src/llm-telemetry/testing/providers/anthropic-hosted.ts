import { anthropicMessages } from './anthropic-messages.js';
import type { EmulatedApi } from '../model/emulated-api.js';
import { crc32 } from 'node:zlib';

/**
 * Anthropic Messages at Amazon Bedrock: the path contains the model and selects streaming; events are framed.
 * Source: Amazon Bedrock API reference, “InvokeModel” and “InvokeModelWithResponseStream”.
 */
export const bedrockMessages: EmulatedApi = {
  ...anthropicMessages,
  idPrefix: 'msg_bdrk_',
  headers: (requestId) => ({ 'x-amzn-requestid': requestId }),
  matches: (path) => /\/model\/[^/]+\/invoke(-with-response-stream)?$/.test(path),
  read: (body, tokenizer, path) => {
    const asked = decodeURIComponent(/\/model\/([^/]+)/.exec(path)![1]!);
    const stream = path.endsWith('-with-response-stream');
    return anthropicMessages.read({ ...body, model: nameAlone(asked), stream }, tokenizer, path);
  },
  eventStream: {
    contentType: 'application/vnd.amazon.eventstream',
    encode: (event) => awsChunk(/^data: (.*)$/m.exec(event)![1]!),
  },
};

/** Strips region, vendor and version from names like `us.anthropic.claude-haiku-4-5-20251001-v1:0`. */
function nameAlone(model: string): string {
  return /claude-[\w.-]*?(?=-v\d+(?::\d+)?$|$)/.exec(model)?.[0] ?? model;
}

/** Anthropic Messages at Google Vertex AI. Source: Vertex AI documentation, “Request predictions with Claude models”. */
export const vertexMessages: EmulatedApi = {
  ...anthropicMessages,
  idPrefix: 'msg_vrtx_',
  matches: (path) => /\/models\/[^/:]+:(rawPredict|streamRawPredict)$/.test(path),
  read: (body, tokenizer, path) => {
    const model = /\/models\/([^/:]+):/.exec(path)![1]!.replace('@', '-');
    return anthropicMessages.read({ ...body, model }, tokenizer, path);
  },
};

/**
 * Encodes one message of an AWS event stream: total length, header length, checksum of both, headers, payload,
 * checksum of all. Source: Amazon Transcribe developer guide, “Event stream encoding”; Amazon Bedrock API reference,
 * `ResponseStream`, whose chunks contain the model's event in base64.
 */
export function awsChunk(event: string): Buffer {
  const headers = Buffer.concat([
    header(':event-type', 'chunk'),
    header(':content-type', 'application/json'),
    header(':message-type', 'event'),
  ]);
  const payload = Buffer.from(JSON.stringify({ bytes: Buffer.from(event).toString('base64') }));
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(12 + headers.length + payload.length + 4, 0);
  prelude.writeUInt32BE(headers.length, 4);
  const message = Buffer.concat([prelude, checksum(prelude), headers, payload]);
  return Buffer.concat([message, checksum(message)]);
}

/** Type id of string header values. */
const STRING = 7;

function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([STRING]),
    length,
    Buffer.from(value),
  ]);
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}

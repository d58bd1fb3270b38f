import { crc32 } from 'node:zlib';
import {
  jsonResponse,
  STREAM_CHUNKS,
  streamResponse,
  TOKENS,
  words,
  type CannedResponse,
} from './canned-response.js';

/** Responses in the formats of Gemini, Amazon Bedrock Converse and Ollama. */

const TEXT = words(40).join('');

export function geminiCall(): CannedResponse {
  return jsonResponse(generated(TEXT, 'STOP'));
}

export function geminiStream(): CannedResponse {
  return streamResponse([
    ...words(STREAM_CHUNKS - 1).map((text) => dataEvent(generated(text))),
    dataEvent(generated('.', 'STOP')),
  ]);
}

function generated(text: string, finishReason?: string): object {
  return {
    candidates: [{ content: { parts: [{ text }], role: 'model' }, finishReason, index: 0 }],
    usageMetadata: {
      promptTokenCount: TOKENS.input,
      candidatesTokenCount: TOKENS.output,
      totalTokenCount: TOKENS.input + TOKENS.output,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: TOKENS.input }],
    },
    modelVersion: 'gemini-2.5-flash',
    responseId: 'mAZ0aYfPD9-Yz7IP1rO3wAo',
  };
}

function dataEvent(data: object): string {
  return `data: ${JSON.stringify(data)}\r\n\r\n`;
}

const USAGE = {
  inputTokens: TOKENS.input,
  outputTokens: TOKENS.output,
  totalTokens: TOKENS.input + TOKENS.output,
};
const METRICS = { latencyMs: 412 };

export function converseCall(): CannedResponse {
  return jsonResponse({
    output: { message: { role: 'assistant', content: [{ text: TEXT }] } },
    stopReason: 'end_turn',
    usage: USAGE,
    metrics: METRICS,
  });
}

export function converseStream(): CannedResponse {
  return streamResponse(
    [
      awsEvent('messageStart', { role: 'assistant' }),
      ...words(STREAM_CHUNKS - 4).map((text) =>
        awsEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text }, p: 'abcdefg' }),
      ),
      awsEvent('contentBlockStop', { contentBlockIndex: 0, p: 'abc' }),
      awsEvent('messageStop', { stopReason: 'end_turn', p: 'abcde' }),
      awsEvent('metadata', { usage: USAGE, metrics: METRICS, p: 'ab' }),
    ],
    'application/vnd.amazon.eventstream',
  );
}

/** Encodes an event. Source: Smithy specification, “Amazon event stream”. */
function awsEvent(type: string, payload: object): Uint8Array {
  const headers = Buffer.concat(
    Object.entries({
      ':event-type': type,
      ':content-type': 'application/json',
      ':message-type': 'event',
    }).map(([name, value]) =>
      Buffer.concat([
        Buffer.from([name.length]),
        Buffer.from(name),
        // The type of a text, and its length.
        Buffer.from([7, 0, value.length]),
        Buffer.from(value),
      ]),
    ),
  );
  const body = Buffer.from(JSON.stringify(payload));
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(16 + headers.length + body.length, 0);
  prelude.writeUInt32BE(headers.length, 4);
  const message = Buffer.concat([prelude, checksum(prelude), headers, body]);
  return Buffer.concat([message, checksum(message)]);
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}

const OLLAMA = { model: 'llama3.2', created_at: '2026-11-30T10:00:00.000000Z' };
const OLLAMA_END = {
  done: true,
  done_reason: 'stop',
  total_duration: 4_883_583_458,
  load_duration: 1_334_875,
  prompt_eval_count: TOKENS.input,
  prompt_eval_duration: 342_546_000,
  eval_count: TOKENS.output,
  eval_duration: 4_535_599_000,
};

export function ollamaCall(): CannedResponse {
  return jsonResponse({ ...OLLAMA, message: { role: 'assistant', content: TEXT }, ...OLLAMA_END });
}

export function ollamaStream(): CannedResponse {
  return streamResponse(
    [
      ...words(STREAM_CHUNKS - 1).map((content) => ollamaLine(content, { done: false })),
      ollamaLine('', OLLAMA_END),
    ],
    'application/x-ndjson',
  );
}

function ollamaLine(content: string, rest: object): string {
  return `${JSON.stringify({ ...OLLAMA, message: { role: 'assistant', content }, ...rest })}\n`;
}

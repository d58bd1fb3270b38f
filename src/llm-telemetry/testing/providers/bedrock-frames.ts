import { crc32 } from 'node:zlib';

/** Event of an AWS event stream before it is encoded. */
interface AwsEvent {
  /** Name of the event, or of the exception. */
  readonly type: string;
  readonly isException?: boolean;
  readonly payload: unknown;
}

/** Writes an event as text, which `encodeAwsEvent` turns into a frame. */
export function awsEvent(type: string, payload: unknown): string {
  return JSON.stringify({ type, payload } satisfies AwsEvent);
}

/** Writes an exception that interrupts a stream. */
export function awsException(type: string, message: string): string {
  return JSON.stringify({ type, isException: true, payload: { message } } satisfies AwsEvent);
}

/**
 * Writes a chunk of InvokeModelWithResponseStream: the event of the model's maker in base64, and padding. Source: Amazon
 * Bedrock API reference, `ResponseStream`, `PayloadPart`.
 */
export function awsChunk(event: unknown): string {
  const bytes = Buffer.from(JSON.stringify(event)).toString('base64');
  return awsEvent('chunk', { bytes, p: 'abcdefghij'.slice(0, 1 + (bytes.length % 10)) });
}

/** Encoding of the events of all streams of Bedrock. */
export const awsEventStream = { contentType: 'application/vnd.amazon.eventstream', encode: encodeAwsEvent };

/**
 * Encodes an event: total length, header length, checksum of both, headers, payload, checksum of all. Source: Smithy
 * specification, “Amazon event stream”; Amazon Transcribe developer guide, “Event stream encoding”.
 */
function encodeAwsEvent(text: string): Buffer {
  const { type, isException, payload } = JSON.parse(text) as AwsEvent;
  const headers = Buffer.concat([
    header(isException ? ':exception-type' : ':event-type', type),
    header(':content-type', 'application/json'),
    header(':message-type', isException ? 'exception' : 'event'),
  ]);
  const body = Buffer.from(JSON.stringify(payload));
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(12 + headers.length + body.length + 4, 0);
  prelude.writeUInt32BE(headers.length, 4);
  const message = Buffer.concat([prelude, checksum(prelude), headers, body]);
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

/**
 * Measures the alternatives that docs/decisions compares: minimum processor time of this thread over several rounds, so
 * that other processes have little effect.
 *
 *     npm run bench:decisions
 */
import { metrics } from '@opentelemetry/api';
import OpenAI from 'openai';
import { MetricsSink } from '../dist/modules/llm-telemetry/sinks/metrics/metrics.sink.js';
import { decodeRecord, encodeRecord } from '../dist/modules/llm-telemetry/store/record-codec/record-text.js';
import { emptyResponse } from '../dist/modules/llm-telemetry/wire/response-draft.js';
import { chatCompletions } from '../dist/modules/llm-telemetry/wire/formats/chat-completions.js';
import { messages } from '../dist/modules/llm-telemetry/wire/formats/messages.js';
import { skim } from '../dist/modules/llm-telemetry/wire/json/skim.js';
import { meterProvider } from '../dist/bench/opentelemetry.js';
import { Records } from '../dist/bench/store/records.js';

const CHUNKS = 200;
const ROUNDS = 9;
/** Records that are counted together (`MAX_QUEUED_RECORDS`). */
const BATCH = 16;

const prototypes = new Map();
let bytesSeen = 0;

await bodies();
await events();
await codec();
await metricsBatches();

/** Reads a response body without observation, with an observer on its prototype, and together with a clone. */
async function bodies() {
  const chunk = new Uint8Array(200);
  const response = () => {
    let sent = 0;
    const pull = (controller) => (sent++ < CHUNKS ? controller.enqueue(chunk) : controller.close());
    return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
  };
  const read = async ({ body }) => {
    const reader = body.getReader();
    for (let result = await reader.read(); !result.done;) result = await reader.read();
  };
  await report('a body, µs a chunk', CHUNKS, 100, {
    'not observed': () => read(response()),
    'prototype swap': () => read(observed(response())),
    clone: () => {
      const own = response();
      return Promise.all([read(own.clone()), read(own)]);
    },
  });
}

/** Minimal observer on the prototype: `getReader` and `read` pass on their results. */
function observed(response) {
  const { body } = response;
  swap(body, (base) => ({
    getReader() {
      const reader = base.getReader.call(this);
      swap(reader, ({ read }) => ({
        read() {
          const reading = read.call(this);
          reading.then(({ value }) => (bytesSeen += value?.byteLength ?? 0));
          return reading;
        },
      }));
      return reader;
    },
  }));
  return response;
}

function swap(object, methods) {
  const base = Object.getPrototypeOf(object);
  if (!prototypes.has(base)) prototypes.set(base, Object.setPrototypeOf(methods(base), base));
  Object.setPrototypeOf(object, prototypes.get(base));
}

/** Reads server-sent events with text deltas by searching for landmarks, and by parsing each event. */
async function events() {
  const pieces = {
    'Chat Completions': [
      chatCompletions,
      (text) =>
        `data: {"id":"chatcmpl-AbCdEf123456","object":"chat.completion.chunk","created":1764400000,"model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_1234567890","choices":[{"index":0,"delta":{"content":"${text}"},"logprobs":null,"finish_reason":null}],"obfuscation":"abcdefgh"}\n\n`,
    ],
    Messages: [
      messages,
      (text) =>
        `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${text}"}}\n\n`,
    ],
  };
  for (const [name, [format, piece]] of Object.entries(pieces)) {
    const stream = Array.from({ length: CHUNKS }, (_, index) => piece(` word${index}`)).join('');
    await report(`${name}, µs a chunk`, CHUNKS, 400, {
      skimmed: () => skim(stream, format.landmarks),
      'each event read': () => {
        const answer = emptyResponse();
        for (const line of stream.split('\n'))
          if (line.startsWith('data: ')) format.readEvent(line.slice('data: '.length), answer);
      },
    });
  }
}

/** Compares the record codec of the store with JSON that contains field names. */
async function codec() {
  const source = new Records();
  const records = Array.from({ length: 2000 }, (_, index) => source.next(1.76e12 + index));
  const texts = { codec: records.map(encodeRecord), JSON: records.map((record) => JSON.stringify(record)) };
  for (const [name, list] of Object.entries(texts)) {
    const bytes = list.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / list.length;
    process.stdout.write(`a record as ${name}: ${bytes.toFixed(0)} bytes\n`);
  }
  await report('to write a record, µs', records.length, 20, {
    codec: () => records.forEach(encodeRecord),
    JSON: () => records.forEach((record) => JSON.stringify(record)),
  });
  await report('to read a record, µs', records.length, 20, {
    codec: () => texts.codec.forEach(decodeRecord),
    JSON: () => texts.JSON.forEach((text) => JSON.parse(text)),
  });
}

/**
 * Counts records in batches and individually, with an SDK call in between, which evicts most of the counting code from
 * the processor's caches. Prints the 5th percentile and the median of batches.
 */
async function metricsBatches() {
  const body = JSON.stringify({
    choices: [
      { index: 0, message: { role: 'assistant', content: 'word '.repeat(60) }, finish_reason: 'stop' },
    ],
  });
  const headers = { 'content-type': 'application/json' };
  const openai = new OpenAI({ apiKey: 'none', fetch: async () => new Response(body, { headers }) });
  const source = new Records();
  const records = Array.from({ length: 2000 }, (_, index) => source.next(1.76e12 + index));
  const sinks = ['batched', 'at once'].map((name) => {
    metrics.disable();
    metrics.setGlobalMeterProvider(meterProvider());
    return { name, sink: new MetricsSink('1.41', new Set()), times: [] };
  });
  for (let batch = 0; batch < 1000; batch++) {
    const { name, sink, times } = sinks[batch % 2];
    let elapsed = 0;
    for (let index = 0; index < BATCH; index++) {
      await openai.chat.completions.create({ model: 'none', messages: [{ role: 'user', content: 'Hi' }] });
      const before = performance.now();
      sink.record(records[(batch * BATCH + index) % records.length], null);
      if (name === 'at once') sink.flush();
      elapsed += performance.now() - before;
    }
    if (batch >= 200) times.push((elapsed * 1000) / BATCH);
  }
  const results = sinks.map(({ name, times }) => {
    const sorted = times.toSorted((a, b) => a - b);
    return `${name} ${sorted[sorted.length / 20].toFixed(1)} (${sorted[sorted.length / 2].toFixed(1)})`;
  });
  process.stdout.write(`to count a call, µs: ${results.join(' · ')}\n`);
}

/** Runs the variants in turn and prints the minimum time of each, divided by `units`. */
async function report(title, units, times, variants) {
  const least = new Map();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, work] of Object.entries(variants)) {
      const before = process.threadCpuUsage();
      for (let run = 0; run < times; run++) {
        const pending = work();
        if (pending instanceof Promise) await pending;
      }
      const { user, system } = process.threadCpuUsage(before);
      least.set(name, Math.min(least.get(name) ?? Infinity, (user + system) / times / units));
    }
  }
  const results = [...least].map(([name, us]) => `${name} ${us.toFixed(2)}`);
  process.stdout.write(`${title}: ${results.join(' · ')}\n`);
}

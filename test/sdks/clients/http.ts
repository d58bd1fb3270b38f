import { HttpService } from '@nestjs/axios';
import axios from 'axios';
import got from 'got';
import ky from 'ky';
import nodeFetch from 'node-fetch';
import type { Readable } from 'node:stream';
import { firstValueFrom } from 'rxjs';
import { fetch as undiciFetch, request as undiciRequest } from 'undici';
import { CHAT, CHAT_TOOL } from './chat-completions.js';
import { leave, readAll, type Client, type ClientSide, type Use } from './client.js';

type Body = Readonly<Record<string, unknown>>;

/** Sends a body to a URL and returns the parsed response, or the chunks of the stream. */
interface Sender {
  json(url: string, body: Body, side: ClientSide): Promise<unknown>;
  stream?(url: string, body: Body, side: ClientSide): Promise<AsyncIterable<Uint8Array | string>>;
}

const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-canary' };
const ok = async (response: { ok: boolean; status: number; json(): Promise<unknown> }): Promise<unknown> => {
  if (response.ok) return response.json();
  throw Object.assign(new Error('refused'), { status: response.status, body: await response.json() });
};
const embeddings = { model: 'text-embedding-3-small', input: ['a cup', 'a bean'] };

function ways({ json, stream }: Sender): Client['ways'] {
  const send =
    (path: string, body: Body): Use =>
    (side) =>
      json(side.emulator.openaiBaseUrl + path, body, side);
  const streamed = { ...CHAT, stream: true, stream_options: { include_usage: true } };
  const open = (side: ClientSide) =>
    stream!(`${side.emulator.openaiBaseUrl}/chat/completions`, streamed, side);
  return {
    response: async (side) => {
      for (let left = side.maxRetries; ; left--) {
        try {
          return await send('/chat/completions', CHAT)(side);
        } catch (error) {
          if (left === 0) throw error;
        }
      }
    },
    tool: send('/chat/completions', { ...CHAT, tools: [CHAT_TOOL] }),
    embeddings: send('/embeddings', embeddings),
    ...(stream && {
      stream: async (side) =>
        Buffer.concat((await readAll(open(side))).map((chunk) => Buffer.from(chunk))).toString(),
      leave: async (side) => Boolean(await leave(open(side), (chunk) => String(chunk).length > 0)),
    }),
  };
}

/** Clients for HTTP. The application repeats a refused request itself. */
export const HTTP: readonly Client[] = [
  {
    name: '@nestjs/axios {version}, `HttpService`',
    package: '@nestjs/axios',
    ways: ways({
      json: async (url, body) =>
        (await firstValueFrom(new HttpService().post<unknown>(url, body, { headers }))).data,
      stream: async (url, body) =>
        (
          await firstValueFrom(
            new HttpService().post<Readable>(url, body, { headers, responseType: 'stream' }),
          )
        ).data,
    }),
  },
  {
    name: 'axios {version}',
    package: 'axios',
    ways: ways({
      json: async (url, body) => (await axios.post<unknown>(url, body, { headers })).data,
      stream: async (url, body) =>
        (await axios.post<Readable>(url, body, { headers, responseType: 'stream' })).data,
    }),
  },
  {
    name: "axios {version}, `adapter: 'fetch'`",
    package: 'axios',
    ways: ways({
      json: async (url, body) => (await axios.post<unknown>(url, body, { headers, adapter: 'fetch' })).data,
      stream: async (url, body) =>
        (
          await axios.post<ReadableStream<Uint8Array>>(url, body, {
            headers,
            adapter: 'fetch',
            responseType: 'stream',
          })
        ).data,
    }),
  },
  {
    name: 'got {version}',
    package: 'got',
    ways: ways({
      json: (url, body) => got.post(url, { json: body, headers, retry: { limit: 0 } }).json(),
      stream: async (url, body) => got.stream.post(url, { json: body, headers, retry: { limit: 0 } }),
    }),
  },
  {
    name: 'ky {version}',
    package: 'ky',
    ways: ways({
      json: (url, body) => ky.post(url, { json: body, headers, retry: 0 }).json(),
      stream: async (url, body) => (await ky.post(url, { json: body, headers, retry: 0 })).body!,
    }),
  },
  {
    name: 'node-fetch {version}',
    package: 'node-fetch',
    ways: ways({
      json: async (url, body) =>
        ok(await nodeFetch(url, { method: 'POST', headers, body: JSON.stringify(body) })),
      stream: async (url, body) =>
        (await nodeFetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).body as Readable,
    }),
  },
  {
    name: 'undici {version} with `wrapFetch(fetch)`',
    package: 'undici',
    ways: ways({
      json: async (url, body, { llm }) =>
        ok(
          await ((llm?.wrapFetch(undiciFetch as never) ?? undiciFetch) as typeof fetch)(url, {
            method: 'POST',
            headers,
            body: JSON.stringify(body),
          }),
        ),
      stream: async (url, body, { llm }) =>
        (
          await ((llm?.wrapFetch(undiciFetch as never) ?? undiciFetch) as typeof fetch)(url, {
            method: 'POST',
            headers,
            body: JSON.stringify(body),
          })
        ).body!,
    }),
  },
  {
    name: 'undici {version}, `request`',
    package: 'undici',
    isMissed: true,
    ways: {
      response: async ({ emulator }) =>
        (
          await undiciRequest(`${emulator.openaiBaseUrl}/chat/completions`, {
            method: 'POST',
            headers,
            body: JSON.stringify(CHAT),
          })
        ).body.json(),
    },
  },
];

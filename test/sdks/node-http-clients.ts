import { HttpService } from '@nestjs/axios';
import axios from 'axios';
import got from 'got';
import nodeFetch from 'node-fetch';
import type { Readable } from 'node:stream';
import { firstValueFrom } from 'rxjs';
import type { Account, Sending } from '../differential/support/node-http/clients.js';

interface ClientResponse {
  readonly status: number;
  readonly body: string;
}

async function byAxios(sending: Sending): Promise<Account> {
  const { one, url, body, headers, agent } = sending;
  return account(sending, async (signal) => {
    const isStream = one.reading === 'for await';
    const { status, data } = await axios.post(url, body, {
      headers,
      httpAgent: agent,
      signal,
      responseType: isStream ? 'stream' : 'text',
      transformResponse: (text: unknown) => text,
      validateStatus: () => true,
    });
    return { status, body: isStream ? await textOf(data as Readable) : String(data) };
  });
}

async function byHttpModule(sending: Sending): Promise<Account> {
  const { url, body, headers, agent } = sending;
  return account(sending, async (signal) => {
    const { status, data } = await firstValueFrom(
      new HttpService().post(url, body, {
        headers,
        httpAgent: agent,
        signal,
        transformResponse: (text: unknown) => text,
        validateStatus: () => true,
      }),
    );
    return { status, body: String(data) };
  });
}

async function byGot(sending: Sending): Promise<Account> {
  const { one, url, body, headers, agent } = sending;
  const options = {
    method: 'POST' as const,
    body,
    headers,
    agent: { http: agent },
    retry: { limit: 0 },
    throwHttpErrors: false,
  };
  return account(sending, async (signal) => {
    if (one.reading === 'for await')
      return { status: 0, body: await textOf(got.stream.post(url, { ...options, signal })) };
    const response = await got(url, { ...options, signal });
    return { status: response.statusCode, body: response.body };
  });
}

async function byNodeFetch(sending: Sending): Promise<Account> {
  const { one, url, body, headers, agent } = sending;
  return account(sending, async (signal) => {
    const response = await nodeFetch(url, { method: 'POST', body, headers, agent, signal });
    const text =
      one.reading === 'for await' ? await textOf(response.body as Readable) : await response.text();
    return { status: response.status, body: text };
  });
}

async function account(
  { one, url }: Sending,
  send: (signal: AbortSignal | undefined) => Promise<ClientResponse>,
): Promise<Account> {
  const controller = new AbortController();
  try {
    const sent = send(one.abort === 'never' ? undefined : controller.signal);
    if (one.abort === 'before the response') controller.abort();
    return await sent;
  } catch (error) {
    const { name, message, code } = error as NodeJS.ErrnoException;
    return { error: `${name} ${code} ${message.replace(url, 'URL')}` };
  }
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString('latin1');
}

/** Packages that send with `node:http`. */
export const PACKAGES: Readonly<Record<string, (sending: Sending) => Promise<Account>>> = {
  axios: byAxios,
  '@nestjs/axios': byHttpModule,
  got: byGot,
  'node-fetch': byNodeFetch,
};

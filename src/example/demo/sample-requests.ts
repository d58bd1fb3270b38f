import { setTimeout } from 'node:timers/promises';
import { ORDERS } from './samples/orders.js';
import { TICKETS } from './samples/tickets.js';

/** A request to the example service. */
export interface SampleRequest {
  readonly url: string;
  readonly body: object;
}

/** Returns all sample orders and tickets as requests to the service at `url`. */
export function sampleRequests(url: string): readonly SampleRequest[] {
  const orders = ORDERS.map(({ stream, ...body }) => ({
    url: `${url}/orders/summarize${stream ? '/stream' : ''}`,
    body,
  }));
  const tickets = TICKETS.map((ticket_text) => ({ url: `${url}/support/classify`, body: { ticket_text } }));
  return [...orders, ...tickets];
}

/** Sends a request. Resolves to whether there was an HTTP response. Never rejects. */
export async function send({ url, body }: SampleRequest): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    // A stream that the provider cuts is cut here too, after the status was sent.
    await response.text().catch(() => '');
    return true;
  } catch {
    return false;
  }
}

/** Sends random requests with a pause of 1 to 2.5 seconds until the process ends. */
export async function keepSending(requests: readonly SampleRequest[]): Promise<never> {
  for (;;) {
    const request = requests[Math.floor(Math.random() * requests.length)]!;
    await Promise.all([send(request), setTimeout(1000 + 1500 * Math.random())]);
  }
}

import { setTimeout } from 'node:timers/promises';
import { ORDERS } from './samples/orders.js';
import { TICKETS } from './samples/tickets.js';

/** A request to the example service. */
export interface SampleRequest {
  readonly url: string;
  readonly body: object;
}

/** All sample orders and tickets, for the service at `url`. */
export function sampleRequests(url: string): readonly SampleRequest[] {
  const orders = ORDERS.map(({ stream, ...body }) => ({
    url: `${url}/orders/summarize${stream ? '/stream' : ''}`,
    body,
  }));
  const tickets = TICKETS.map((ticket_text) => ({ url: `${url}/support/classify`, body: { ticket_text } }));
  return [...orders, ...tickets];
}

/** Sends a request; whether there was an HTTP answer. Never rejects. */
export async function isAnswered({ url, body }: SampleRequest): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    // A stream whose provider breaks off breaks off here too: its status was the answer.
    await response.text().catch(() => '');
    return true;
  } catch {
    return false;
  }
}

/** Sends one of the requests after the other, with a pause of a second or two between them, for as long as the process lives. */
export async function keepSending(requests: readonly SampleRequest[]): Promise<never> {
  for (;;) {
    const request = requests[Math.floor(Math.random() * requests.length)]!;
    await Promise.all([isAnswered(request), setTimeout(1000 + 1500 * Math.random())]);
  }
}

import { setTimeout } from 'node:timers/promises';
import { SingleBar } from 'cli-progress';
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

const CONCURRENCY = 8;

/** Sends all requests concurrently. Returns the number of requests without an HTTP response. */
export async function sendAll(all: readonly SampleRequest[]): Promise<number> {
  const bar = new SingleBar({
    format: 'Orders and tickets {bar} {value}/{total}',
    noTTYOutput: true,
    notTTYSchedule: 2000,
  });
  bar.start(all.length, 0);
  const queue = [...all];
  let unanswered = 0;
  const sender = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      if (!(await send(next))) unanswered++;
      bar.increment();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, sender));
  bar.stop();
  return unanswered;
}

/** Sends random requests with a pause of 1 to 2.5 seconds until the process ends. */
export async function keepSending(requests: readonly SampleRequest[]): Promise<never> {
  for (;;) {
    const request = requests[Math.floor(Math.random() * requests.length)]!;
    await Promise.all([send(request), setTimeout(1000 + 1500 * Math.random())]);
  }
}

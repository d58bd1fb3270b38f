import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';

/** Client of server-sent events, like `EventSource`. */
export class EventStream {
  private text = '';

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
    response.on('error', () => {});
  }

  /** @throws Error if the status is not 200. */
  static async open(port: number, path: string): Promise<EventStream> {
    const response = await connect(port, path);
    if (response.statusCode !== 200) throw new Error(`The answer is a ${response.statusCode}.`);
    return new EventStream(response);
  }

  /** Resolves with the data of the next event with this name. */
  async next(name: string): Promise<unknown> {
    for (;;) {
      const end = this.text.indexOf('\n\n');
      if (end < 0) {
        await this.dataOrEnd(name);
        continue;
      }
      const lines = this.text.slice(0, end).split('\n');
      this.text = this.text.slice(end + 2);
      if (lines[0] === `event: ${name}`) return JSON.parse(lines[1]!.slice('data: '.length));
    }
  }

  /** @throws Error if the stream ends before the event `name` */
  private async dataOrEnd(name: string): Promise<void> {
    if (this.response.closed) throw new Error(`The stream ended without the event "${name}".`);
    const settled = new AbortController();
    const next = ['data', 'close'].map((event) => once(this.response, event, { signal: settled.signal }));
    await Promise.race(next).finally(() => settled.abort());
  }

  /** Resolves when the server has ended or cut the stream. */
  async ended(): Promise<void> {
    if (!this.response.closed) await once(this.response, 'close');
  }

  close(): void {
    this.response.destroy();
  }
}

/** Sends a request and resolves with its unread response. */
export function connect(
  port: number,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpRequest({ port, host: '127.0.0.1', method, path, headers, agent: false }, (response) => {
      response.on('error', () => {});
      resolve(response);
    })
      .on('error', reject)
      .end();
  });
}

/** Sends a request and returns the head of its response. The body, which may not end, is not read. */
export async function headOf(
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly headers: IncomingMessage['headers'] }> {
  const response = await connect(port, path, { method, headers });
  response.destroy();
  return { status: response.statusCode!, headers: response.headers };
}

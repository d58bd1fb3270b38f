import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { OwnInstance } from '../../src/llm-telemetry/store/core/instance.js';
import { DatabaseError, type SharedBackend } from '../../src/llm-telemetry/store/core/shared-backend.js';
import { decodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import type { FakeDatabase } from './fake-database.js';

interface Body {
  readonly instance: OwnInstance;
  readonly number: number;
  readonly waiting: number;
  readonly calls: ReadonlyArray<{ readonly id: string; readonly text: string }>;
}

/** Serves a database of the test to other processes (`test/process/remote-backend.mjs`). */
export class DatabaseServer {
  /** Passwords that were received. */
  readonly passwords = new Set<string>();
  /** While true, writes are committed and not answered. */
  isMute = false;
  private readonly server: Server;
  private readonly backend: SharedBackend;

  constructor(database: FakeDatabase) {
    this.backend = database.connect();
    this.server = createServer((request, response) => void this.respond(request, response));
  }

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.authorization) this.passwords.add(request.headers.authorization);
    const { instance, number, waiting, calls } = (await json(request)) as Body;
    try {
      if (request.url === '/write') {
        const decoded = calls.map(({ id, text }) => ({
          id: new Uint8Array(Buffer.from(id, 'hex')),
          text,
          record: decodeRecord(text),
        }));
        await this.backend.write({ instance, number, calls: decoded });
        if (this.isMute) return;
      } else if (request.url === '/beat') await this.backend.beat(instance, waiting, null);
      else await this.backend.open();
      response.end('{}');
    } catch (error) {
      response.statusCode = error instanceof DatabaseError ? 503 : 500;
      response.end(error instanceof DatabaseError ? error.trouble : String(error));
    }
  }
}

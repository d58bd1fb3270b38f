import { createServer, type AddressInfo, type Socket } from 'node:net';
import { cannedResponseFor } from '../responses/index.js';
import type { CannedResponse } from '../responses/canned-response.js';

/**
 * Server with the parts of HTTP/1.1 that fetch needs: reads a head, skips the body, and writes prepared bytes.
 * `httpTransport` starts it and receives its port.
 */
const server = createServer(serve).listen(0, '127.0.0.1', () => {
  process.send!((server.address() as AddressInfo).port);
});
process.on('disconnect', () => process.exit());

const HEAD_END = '\r\n\r\n';

function serve(socket: Socket): void {
  let head = '';
  let path = '';
  let bodyLeft = -1;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (data: Buffer) => {
    let bytes = data;
    if (bodyLeft < 0) {
      head += data.toString('latin1');
      const end = head.indexOf(HEAD_END);
      if (end < 0) return;
      bytes = data.subarray(data.length - (head.length - end - HEAD_END.length));
      path = head.split(' ', 2)[1]!;
      bodyLeft = Number(/\r\ncontent-length: *(\d+)/i.exec(head.slice(0, end))?.[1] ?? 0);
      head = '';
    }
    bodyLeft -= bytes.length;
    if (bodyLeft > 0) return;
    bodyLeft = -1;
    socket.write(responseTo(path));
  });
}

const responses = new Map<CannedResponse, Buffer>();

function responseTo(path: string): Buffer {
  const canned = cannedResponseFor(path);
  let response = responses.get(canned);
  if (!response) responses.set(canned, (response = responseOf(canned)));
  return response;
}

/** Encodes each chunk of the response as one HTTP chunk. fetch delivers them one by one. */
function responseOf({ contentType, chunks }: CannedResponse): Buffer {
  const head =
    `HTTP/1.1 200 OK\r\ncontent-type: ${contentType}\r\nx-request-id: req_0123456789abcdef\r\n` +
    `transfer-encoding: chunked\r\n\r\n`;
  const body = chunks.flatMap((chunk) => [`${chunk.length.toString(16)}\r\n`, chunk, '\r\n']);
  return Buffer.concat([head, ...body, '0\r\n\r\n'].map((part) => Buffer.from(part as string)));
}

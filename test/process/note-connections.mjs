/** Preloaded with `--import`: logs the targets of all connection attempts to a file in the working directory. */
import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';

subscribe('net.client.socket', ({ socket }) => {
  socket.on('connectionAttempt', (ip, port) => appendFileSync('connections.txt', `${ip}:${port}\n`));
});

/** For `--import`: writes down, in the working directory, to where the process tries to connect. */
import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';

subscribe('net.client.socket', ({ socket }) => {
  socket.on('connectionAttempt', (ip, port) => appendFileSync('connections.txt', `${ip}:${port}\n`));
});

// Collects garbage on SIGUSR2 and reports the bytes of heap in use.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

process.on('SIGUSR2', () => {
  collectGarbage();
  collectGarbage();
  process.stdout.write(`heap: ${process.memoryUsage().heapUsed}\n`);
});

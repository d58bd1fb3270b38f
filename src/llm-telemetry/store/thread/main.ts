import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerMessage, WorkerRequest, WorkerSettings } from './messages.js';
import { StoreWorker } from './store-worker.js';

/** Entry point of the worker thread, the only thread that opens files and connections of the store. */
const port = parentPort!;
const worker = new StoreWorker(workerData as WorkerSettings, (message: WorkerMessage) =>
  port.postMessage(message),
);
port.on('message', (request: WorkerRequest) => {
  worker.handle(request);
});
void worker.closed.then(() => port.close());

import { parentPort, workerData } from 'node:worker_threads';
import type { Order, Report, ThreadSettings } from './messages.js';
import { StoreThread } from './store-thread.js';

/** The thread of a store: it alone opens the file. */
const port = parentPort!;
const thread = new StoreThread(workerData as ThreadSettings, (report: Report) => port.postMessage(report));
port.on('message', (order: Order) => {
  thread.obey(order);
  if (order.type === 'close') port.close();
});

/**
 * Process with a store of the compiled library on the database at `url`, which records `count` calls. `ending`: `exit`
 * (process.exit), `close` (store.close) or `never`, which prints the status five times a second. `RECORD`: the record of a
 * call. `PASSWORD`: what the function of the application returns.
 */
import { randomUUID } from 'node:crypto';
import { sharedSettings } from '../../dist/modules/llm-telemetry/store/thread/shared-settings.js';
import { ThreadedStore } from '../../dist/modules/llm-telemetry/store/thread/threaded-store.js';

const [, , url, path, count, ending] = process.argv;
const record = JSON.parse(process.env['RECORD']);
const print = (line) => process.stdout.write(`${line}\n`);
const log = {
  troubleChanged: (trouble) => print(trouble ? trouble.message : 'The database is back.'),
  warn: (message) => print(message),
};
const names = { service: 'orders', version: '1', environment: 'test', instance: 'a' };
const instance = { id: randomUUID(), ...names, host: 'host', pid: process.pid, startedAt: Date.now() };
const buffer = path === 'memory' ? path : { path, maxBytes: 1e9 };
const description = {
  kind: 'postgres',
  where: 'test',
  settings: { url, hasPassword: 'PASSWORD' in process.env },
  buffer,
};
const module = new URL('./remote-backend.mjs', import.meta.url).href;
const settings = { ...sharedSettings(description, instance), module };
const password = process.env['PASSWORD'];
const { pathname: worker } = new URL(
  '../../dist/modules/llm-telemetry/store/thread/main.js',
  import.meta.url,
);
const store = new ThreadedStore(settings, log, worker, password && (async () => password));

for (let made = 1; made <= Number(count); made++) {
  store.record({ ...record, startedAt: Date.now(), attributes: { call: `${process.pid} ${made}` } });
  if (made % 50 === 0) await new Promise((resolve) => void setTimeout(resolve, 1));
}
print('made');
if (ending === 'exit') process.exit(0);
if (ending === 'close') {
  await store.close();
  const { waiting, written, dropped } = await store.status();
  print(`closed ${JSON.stringify({ waiting, written, lost: dropped.write_failed })}`);
}
if (ending === 'never')
  for (;;) {
    const { waiting, state, where, kind, written } = await store.status();
    print(`status ${JSON.stringify({ kind, where, state, waiting, written })}`);
    await new Promise((resolve) => void setTimeout(resolve, 200));
  }

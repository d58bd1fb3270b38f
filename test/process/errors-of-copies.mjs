/**
 * Loads both builds of the library into one process and prints how the ES modules handle errors of the CommonJS build:
 * with `instanceof` and in `LlmExceptionFilter`.
 */
import 'reflect-metadata';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const load = async (entry) => [
  await import(new URL(`../../dist/esm/llm-telemetry/${entry}.js`, import.meta.url)),
  require(`../../dist/cjs/llm-telemetry/${entry}.js`),
];
const [esm, cjs] = await load('index');
const [esmStore, cjsStore] = await load('store/index');

const budget = { name: 'orders', limitUsd: 1, spentUsd: 1, reservedUsd: 0, until: 90_000, reason: 'spent' };
const errors = {
  LlmBudgetExceededError: [esm, new cjs.LlmBudgetExceededError(budget, 0)],
  LlmTelemetryOptionsError: [esm, new cjs.LlmTelemetryOptionsError(['store.path must be a string.'])],
  LlmDecoratorError: [esm, new cjs.LlmDecoratorError('invalid')],
  StoreQueryError: [esmStore, new cjsStore.StoreQueryError('invalid')],
  StoreUnavailableError: [esmStore, new cjsStore.StoreUnavailableError('closed')],
};
const instances = Object.entries(errors).map(([name, [library, error]]) => [
  name,
  library[name] !== error.constructor && error instanceof library[name],
]);
const others = Object.entries(errors).flatMap(([name, [library]]) => {
  class Subclass extends library[name] {}
  const alike = { ...errors[name][1], name };
  return [new Error('other'), alike, null]
    .filter((value) => value instanceof library[name])
    .concat(errors[name][1] instanceof Subclass ? [name] : []);
});

process.stdout.write(
  JSON.stringify({ instances, others, response: respond(errors.LlmBudgetExceededError[1]) }),
);

/** Returns the response of the ES modules' filter to an error. */
function respond(error) {
  const sent = { headers: {} };
  const response = {
    header: (name, value) => void (sent.headers[name] = value),
    status: (status) => {
      sent.status = status;
      return { send: (body) => void (sent.body = body) };
    },
  };
  const filter = new esm.LlmExceptionFilter({ message: 'Unavailable' });
  filter.catch(error, { getType: () => 'http', switchToHttp: () => ({ getResponse: () => response }) });
  return sent;
}

/**
 * Loads two copies of the library into one process and prints how one handles errors of the other: with `instanceof` and
 * in `LlmExceptionFilter`.
 */
import 'reflect-metadata';
import * as library from 'nestjs-llm-telemetry';
import * as stores from 'nestjs-llm-telemetry/store';
import { importCopy } from './copy-of-library.mjs';

const other = await importCopy('index');
const otherStores = await importCopy('store/index');

const budget = { name: 'orders', limitUsd: 1, spentUsd: 1, reservedUsd: 0, until: 90_000, reason: 'spent' };
const errors = {
  LlmBudgetExceededError: [library, new other.LlmBudgetExceededError(budget, 0)],
  LlmTelemetryOptionsError: [library, new other.LlmTelemetryOptionsError(['store.path must be a string.'])],
  LlmDecoratorError: [library, new other.LlmDecoratorError('invalid')],
  StoreQueryError: [stores, new otherStores.StoreQueryError('invalid')],
  StoreUnavailableError: [stores, new otherStores.StoreUnavailableError('closed')],
};
const instances = Object.entries(errors).map(([name, [copy, error]]) => [
  name,
  copy[name] !== error.constructor && error instanceof copy[name],
]);
const others = Object.entries(errors).flatMap(([name, [copy]]) => {
  class Subclass extends copy[name] {}
  const alike = { ...errors[name][1], name };
  return [new Error('other'), alike, null]
    .filter((value) => value instanceof copy[name])
    .concat(errors[name][1] instanceof Subclass ? [name] : []);
});

process.stdout.write(
  JSON.stringify({ instances, others, response: respond(errors.LlmBudgetExceededError[1]) }),
);

/** Returns the response of the library's filter to an error. */
function respond(error) {
  const sent = { headers: {} };
  const response = {
    header: (name, value) => void (sent.headers[name] = value),
    status: (status) => {
      sent.status = status;
      return { send: (body) => void (sent.body = body) };
    },
  };
  const filter = new library.LlmExceptionFilter({ message: 'Unavailable' });
  filter.catch(error, { getType: () => 'http', switchToHttp: () => ({ getResponse: () => response }) });
  return sent;
}

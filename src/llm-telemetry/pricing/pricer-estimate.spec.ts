import '../../../test/support/loaded-wire.js';
import { Exchange, type ModelRequest } from '../wire/exchanges/exchange.js';
import { formatOfPath } from '../wire/exchanges/known-formats.js';
import { readModelRequest } from '../wire/exchanges/model-request.js';
import { createPricer, estimateRequest } from './pricer.js';

const pricer = createPricer({ overrides: { priced: { input: 1, output: 10 } } });
const OPENAI = 'https://api.openai.com/v1';
const TEXT = 'a'.repeat(4000);

function exchange(path: string, body: object | null): Exchange {
  const init = {
    method: 'POST',
    headers: { authorization: 'Bearer sk-canary' },
    body: body === null ? new ReadableStream() : JSON.stringify(body),
  };
  const url = `${OPENAI}/${path}`;
  return new Exchange(readModelRequest(formatOfPath(url)!, url, init) as ModelRequest);
}

const estimate = (path: string, body: object | null): number | null =>
  estimateRequest(exchange(path, body), pricer, Date.now());

describe('the estimate of a request', () => {
  const messages = [{ role: 'user', content: TEXT }];

  it('is the cost of its input at four bytes per token plus its output limit', () => {
    const body = { model: 'priced', messages, max_tokens: 500 };
    expect(estimate('chat/completions', body)).toBeCloseTo(0.001 + 0.005, 5);
    expect(estimate('chat/completions', { ...body, n: 3 })).toBeCloseTo(0.001 + 0.015, 5);
    expect(estimate('responses', { model: 'priced', input: TEXT, max_output_tokens: 100 })).toBeCloseTo(
      0.002,
      5,
    );
  });

  it('assumes 1,000 output tokens if the request sets no limit', () => {
    expect(estimate('chat/completions', { model: 'priced', messages })).toBeCloseTo(0.011, 5);
  });

  it('includes no output for embeddings', () => {
    expect(estimate('embeddings', { model: 'priced', input: TEXT })).toBeCloseTo(0.001, 5);
  });

  it.each<[string, string, object | null]>([
    ['the model has no price', 'chat/completions', { model: 'my-model', messages }],
    ['the body cannot be read', 'chat/completions', null],
    ['it is not billed by text tokens', 'images/generations', { model: 'priced', prompt: TEXT }],
  ])('is null if %s', (_, path, body) => {
    expect(estimate(path, body)).toBeNull();
  });
});

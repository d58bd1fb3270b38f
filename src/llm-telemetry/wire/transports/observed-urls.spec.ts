import '../../../../test/support/loaded-wire.js';
import { BUILT_IN_FORMATS } from '../formats/built-in-formats.js';
import { mayBeObserved } from './observed-urls.js';

describe('the look at each URL of the process', () => {
  it.each(BUILT_IN_FORMATS.flatMap(({ pathEndings }) => pathEndings))(
    'lets the path ending %s through',
    (ending) => {
      expect(mayBeObserved(`https://api.example${ending}`)).toBe(true);
      expect(mayBeObserved(`https://api.example${ending}?key=value/s`)).toBe(true);
      expect(mayBeObserved(`https://api.example${ending}/`)).toBe(true);
    },
  );

  it.each([
    'https://api.mistral.ai/v1/conversations/conv_0123456789',
    'https://api.mistral.ai/v1/conversations/conv_0123456789#stream',
    'https://api.mistral.ai/v1/chat/completions#stream',
    'https://api.cloudflare.com/client/v4/accounts/1/ai/run/@cf/meta/llama-3.1-8b-instruct',
    'https://api.cloudflare.com/client/v4/accounts/1/ai/run/%40cf%2Fmeta%2Fllama-3.1-8b-instruct',
    'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash%3AgenerateContent',
    'https://api.openai.com/v1/batches',
    'https://api.openai.com/v1/batches/batch_0123456789',
    'https://api.openai.com/v1/files/file-0123456789/content',
    'https://api.anthropic.com/v1/messages/batches/msgbatch_01/results',
    '/v1/batches/batch_0123456789?after=1',
  ])('lets %s through', (url) => {
    expect(mayBeObserved(url)).toBe(true);
  });

  it.each([
    '',
    '/',
    'https://shop.example',
    'https://shop.example/health.json',
    'https://shop.example/v1/orders/10457?expand=items&next=/v1/batches',
    'https://shop.example/v1/customers',
  ])('accepts %j', (url) => {
    expect(() => mayBeObserved(url)).not.toThrow();
  });

  it.each([
    'https://shop.example/health.json',
    'https://shop.example/v1/orders/10457?expand=items&next=/v1/batches',
    'https://shop.example/v1/customers',
    'https://shop.example/assets/logo.svg',
  ])('rules out %s', (url) => {
    expect(mayBeObserved(url)).toBe(false);
  });
});

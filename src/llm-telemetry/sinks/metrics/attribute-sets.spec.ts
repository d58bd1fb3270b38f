import type { Attributes } from '@opentelemetry/api';
import {
  AttributeSets,
  AttributeValues,
  MAX_SETS,
  MAX_VALUE_LENGTH,
  MAX_VALUES,
  OTHER,
  withAttribute,
  type Value,
} from './attribute-sets.js';

function setsOf(...names: string[]): {
  made: Attributes[];
  get(...values: Value[]): Attributes;
} {
  const made: Attributes[] = [];
  const sets = new AttributeSets<Attributes>(
    names.map((name) => [name, new AttributeValues()]),
    (attributes) => {
      made.push(attributes);
      return attributes;
    },
  );
  return { made, get: (...values) => sets.get(values) };
}

describe('attribute sets', () => {
  it('are created only once', () => {
    const sets = setsOf('feature', 'model');
    const first = sets.get('a', 'gpt-4o');
    expect(sets.get('a', 'gpt-4o')).toBe(first);
    expect(sets.get('a', 'gpt-4o-mini')).not.toBe(first);
    expect(sets.made).toEqual([
      { feature: 'a', model: 'gpt-4o' },
      { feature: 'a', model: 'gpt-4o-mini' },
    ]);
  });

  it('omit missing values', () => {
    const sets = setsOf('feature', 'model', 'port');
    expect(sets.get('a', null, 443)).toEqual({ feature: 'a', port: 443 });
    expect(sets.get('a', null, null)).toEqual({ feature: 'a' });
  });

  it('sort their names in the order of the SDK', () => {
    const sets = setsOf('server.address', 'error.type', 'gen_ai.provider.name');
    const attributes = sets.get('host', 'timeout', 'openai');
    expect(Object.keys(attributes)).toEqual(['error.type', 'gen_ai.provider.name', 'server.address']);
    expect(Object.keys(withAttribute(attributes, 'gen_ai.token.type', 'input'))).toEqual([
      'error.type',
      'gen_ai.provider.name',
      'gen_ai.token.type',
      'server.address',
    ]);
  });

  it('replace values beyond the limit with `other` and keep earlier ones', () => {
    const sets = setsOf('feature', 'model');
    for (let index = 0; index < 5000; index++) sets.get('a', `model-${index}`);
    expect(sets.made).toHaveLength(MAX_VALUES + 1);
    expect(sets.get('a', 'model-4711')).toEqual({ feature: 'a', model: OTHER });
    expect(sets.get('a', 'model-0')).toEqual({ feature: 'a', model: 'model-0' });
    // The limit applies per attribute.
    expect(sets.get('b', 'model-4711')).toEqual({ feature: 'b', model: OTHER });
  });

  it('use one shared set beyond the limit of sets', () => {
    const sets = setsOf('feature', 'model', 'port');
    for (let index = 0; index < 200 * 200; index++)
      sets.get(`feature-${index % 200}`, `model-${Math.floor(index / 200)}`, null);
    expect(sets.made).toHaveLength(MAX_SETS + 1);
    expect(sets.get('feature-199', 'model-199', null)).toEqual({ feature: OTHER, model: OTHER });
    expect(sets.get('feature-199', 'model-199', null)).toBe(sets.made.at(-1));
  });

  it.each([
    ['of 1 MB', 'm'.repeat(1_000_000)],
    ['longer than the limit', 'm'.repeat(MAX_VALUE_LENGTH + 1)],
    ['empty', ''],
    ['with a line break', 'gpt-4o\nllm_cost_total 1'],
    ['with a NUL', 'gpt\0'],
    ['with half a surrogate pair', 'gpt-\ud83d'],
  ])('replace a name with `other` if it is %s', (_what, name) => {
    const sets = setsOf('model');
    expect(sets.get(name)).toEqual({ model: OTHER });
    expect(sets.get(name)).toBe(sets.get(OTHER));
  });

  it.each(['m'.repeat(MAX_VALUE_LENGTH), 'modèle/größe-😀', 'arn:aws:bedrock:us-east-1:1:model/x', ' '])(
    'keep the name %s',
    (name) => expect(setsOf('model').get(name)).toEqual({ model: name }),
  );

  it('omit ports beyond the limit', () => {
    const sets = setsOf('port');
    for (let port = 1; port <= 1000; port++) sets.get(port);
    expect(sets.get(1)).toEqual({ port: 1 });
    expect(sets.get(999)).toEqual({});
  });
});

import { boundedName, MAX_NAME_LENGTH } from './bounded-name.js';

describe('boundedName', () => {
  it('returns names of up to 200 characters unchanged', () => {
    expect(boundedName('gpt-4o-mini')).toBe('gpt-4o-mini');
    expect(boundedName('x'.repeat(MAX_NAME_LENGTH))).toBe('x'.repeat(MAX_NAME_LENGTH));
    expect(boundedName('😀'.repeat(100))).toBe('😀'.repeat(100));
  });

  it('cuts longer names and marks them with an ellipsis', () => {
    expect(boundedName('x'.repeat(MAX_NAME_LENGTH + 1))).toBe(`${'x'.repeat(MAX_NAME_LENGTH - 1)}…`);
  });

  it.each([
    ['a long name', 'x'.repeat(5000)],
    ['a long name that is cut within a surrogate pair', `x${'😀'.repeat(200)}`],
    ['a name with NUL', 'a\0b'],
    ['a name with a lone surrogate', 'a\uD800b'],
  ])('is idempotent for %s', (_, text) => {
    const bounded = boundedName(text);
    expect(bounded.length).toBeLessThanOrEqual(MAX_NAME_LENGTH);
    expect(bounded).not.toMatch(/\p{Surrogate}/u);
    expect(bounded).not.toContain('\0');
    expect(boundedName(bounded)).toBe(bounded);
  });
});

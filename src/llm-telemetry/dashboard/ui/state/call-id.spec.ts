import { compareCallIds, isCallId } from './call-id.js';

describe('call id', () => {
  it('accepts letters, digits and hyphens, up to 64 characters', () => {
    expect(isCallId('0193e5c8-7a3b-7cc1-9c55-0f7f6d1c2a3b')).toBe(true);
    for (const text of [undefined, '', 'a_b', 'a/b', '..', '%2e', 'a'.repeat(65)])
      expect(isCallId(text)).toBe(false);
  });

  it('orders ids by age: numbers, text that exceeds the range of exact numbers, and UUIDv7', () => {
    expect(compareCallIds('99', '100')).toBeLessThan(0);
    expect(compareCallIds('9007199254740993', '9007199254740992')).toBeGreaterThan(0);
    expect(
      compareCallIds('0193e5c8-7a3b-7cc1-9c55-0f7f6d1c2a3b', '0193e5c8-7a3c-7000-8000-000000000000'),
    ).toBeLessThan(0);
    expect(compareCallIds('7', '7')).toBe(0);
  });
});

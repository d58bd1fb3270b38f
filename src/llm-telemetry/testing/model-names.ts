/** Dated names that providers return for aliases. Source: each provider's list of models. */
const DATED: ReadonlyMap<string, string> = new Map([
  ['gpt-4o', 'gpt-4o-2024-08-06'],
  ['gpt-4o-mini', 'gpt-4o-mini-2024-07-18'],
  ['gpt-4.1', 'gpt-4.1-2025-04-14'],
  ['o4-mini', 'o4-mini-2025-04-16'],
  ['gpt-5-mini', 'gpt-5-mini-2025-08-07'],
  ['claude-haiku-4-5', 'claude-haiku-4-5-20251001'],
  ['claude-sonnet-4-5', 'claude-sonnet-4-5-20250929'],
]);

/** Models without a dated name. */
const OTHERS = [
  'gpt-3.5-turbo-instruct',
  'text-embedding-3-small',
  'text-embedding-3-large',
  'gpt-image-1',
  'gpt-4o-transcribe',
  'whisper-1',
];

export const MODELS: readonly string[] = [...DATED.keys(), ...DATED.values(), ...OTHERS];

export function datedName(model: string): string {
  return DATED.get(model) ?? model;
}

/** The dated name that a provider answers with where an alias was asked for. Source: each provider's list of models. */
const DATED: ReadonlyMap<string, string> = new Map([
  ['gpt-4o', 'gpt-4o-2024-08-06'],
  ['gpt-4o-mini', 'gpt-4o-mini-2024-07-18'],
  ['gpt-4.1', 'gpt-4.1-2025-04-14'],
  ['claude-haiku-4-5', 'claude-haiku-4-5-20251001'],
  ['claude-sonnet-4-5', 'claude-sonnet-4-5-20250929'],
]);

export const MODELS: readonly string[] = [...DATED.keys(), ...DATED.values()];

export function datedName(model: string): string {
  return DATED.get(model) ?? model;
}

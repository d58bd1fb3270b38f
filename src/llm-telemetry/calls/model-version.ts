/** `-20251001`, `-2024-08-06`, `@20250929` (Vertex), `-latest`. Four digits alone may be another model. */
export const MODEL_VERSION = /[-@](?:latest|20\d{2}(?:(?:0[1-9]|1[0-2])[0-3]\d|-(?:0[1-9]|1[0-2])-[0-3]\d))$/;

/**
 * Returns the name of a model without the date or `latest` at its end. Names that are equal without it are versions of
 * one model, for prices and for the dashboard.
 *
 * @example withoutVersion('gpt-4o-mini-2024-07-18') // 'gpt-4o-mini'
 */
export function withoutVersion(model: string): string {
  return model.replace(MODEL_VERSION, '') || model;
}

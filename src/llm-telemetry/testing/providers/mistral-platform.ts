import { otherPlatform } from './other-platform.js';

/** Errors have the members of an error object themselves. Source: types of @mistralai/mistralai 2.7 (`errors`). */
export const mistralPlatform = otherPlatform(
  'mistral_ai',
  ({ message, type, code }) => ({ object: 'error', message, type, param: null, code }),
  (requestId) => ({ 'mistral-correlation-id': requestId, 'x-ratelimit-remaining-req-minute': '59' }),
);

/** Agents and conversations have a model that the provider has stored. */
export const STORED_MODEL = 'mistral-medium-latest';

import { callback, number, objectOf, oneOf, optional } from '../validation/schema.js';
import type { ContentOptions } from './content.js';

export const contentSchema = objectOf<ContentOptions>(
  {
    capture: oneOf(['messages']),
    redact: optional(callback),
    maxBytes: optional(
      number('a positive integer (bytes)', (bytes) => Number.isSafeInteger(bytes) && bytes > 0),
    ),
  },
  'an object such as { capture: "messages" }',
);

import { withoutVersion } from '../calls/model-version.js';

/**
 * Strict matching of model names. A prefix is not a match: `claude-sonnet-5-5` is not `claude-sonnet-5` and has another
 * price. A name is a version of another only if it adds nothing but a date or `latest`.
 */

/** Returns the name in lower case, without a gateway's prefix and without the suffix of a fine-tuning job. */
export function canonicalName(model: string): string {
  const name = model.toLowerCase().replace(GATEWAY, '');
  // The price of `ft:<base>:<organization>:<suffix>:<id>` is that of `ft:<base>`.
  return name.startsWith('ft:') ? name.split(':', 2).join(':') : name;
}

const GATEWAY = /^(?:openai|anthropic|google|models|publishers\/[^/]+\/models)\//;

/** Returns whether `name` is `base`, or a dated or `latest` version of it. Both must be in canonical form. */
export function isVersionOf(name: string, base: string): boolean {
  return name === base || withoutVersion(name) === base;
}

import { withoutVersion } from '../calls/model-version.js';

/**
 * Model names as the price lists mean them. A prefix is not a match: `claude-sonnet-5-5` is not `claude-sonnet-5`, and
 * costs something else. A name is another's only where nothing more than a date or `latest` follows.
 */

/** The name without what a gateway puts before it and a fine-tuning job after it, in lower case. */
export function canonicalName(model: string): string {
  const name = model.toLowerCase().replace(GATEWAY, '');
  // Of `ft:<base>:<organisation>:<suffix>:<id>` the base is what is priced; the `ft:` stays, for it has its own price.
  return name.startsWith('ft:') ? name.split(':', 2).join(':') : name;
}

const GATEWAY = /^(?:openai|anthropic|google|models|publishers\/[^/]+\/models)\//;

/** Whether `name` is `base`, or a dated or `latest` version of it. Both in canonical form. */
export function isVersionOf(name: string, base: string): boolean {
  return name === base || withoutVersion(name) === base;
}

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

/** Returns the names of a model at a provider whose table has them in lower case. */
export function lowerCaseName(model: string): readonly string[] {
  return [model.toLowerCase()];
}

/** Returns the part of a name after the last slash: the name of `accounts/fireworks/models/deepseek-v3p2`. */
export function lastSegment(model: string): string {
  return model.toLowerCase().slice(model.lastIndexOf('/') + 1);
}

/** Returns the names of a model of Bedrock, best match first. */
export function bedrockNames(model: string): readonly string[] {
  const name = lastSegment(model);
  const inRegion = name.replace(/^(?:us|us-gov|eu|apac|jp|au|ca|in|sa|me|af|il|uk|mx)\./, '');
  // The table lists older models without the vendor. `global.` is kept because it has different prices.
  const names = [name, inRegion, inRegion.replace(/^(?:anthropic|amazon|meta|mistral)\./, '')];
  // The endpoint `bedrock-mantle` omits the version of OpenAI's models.
  return inRegion.startsWith('openai.') && !inRegion.includes(':') ? [...names, `${inRegion}-1:0`] : names;
}

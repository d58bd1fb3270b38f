import { asObject, type JsonObject } from '../json/json-value.js';
import type { BuiltInFormat } from './format.js';

const PATH = /\/(?:ai\/run|workers-ai(?:\/run)?)\/(@(?:cf|hf)(?:\/|%2[Ff]).+)$/;

/**
 * Cloudflare Workers AI, with the model in the path: `/ai/run/@cf/meta/llama-3.1-8b-instruct`, also through AI Gateway.
 * Sources: Workers AI documentation, “Get started with the Workers AI REST API”; AI Gateway documentation, “Workers AI”.
 *
 * @param models - matches the names of the models of a format, whose requests can be files
 */
export function atModel(
  models?: RegExp,
): Pick<BuiltInFormat, 'provider' | 'pathEndings' | 'withinIds' | 'matches'> {
  return {
    provider: 'cloudflare.workers_ai',
    pathEndings: [],
    withinIds: '@',
    matches: (path) => PATH.test(path) && (models === undefined || models.test(path)),
  };
}

export function modelIn(url: string): string | null {
  return PATH.exec(url)?.[1]?.replace(/%2F/gi, '/') ?? null;
}

/** A response has its result in an envelope, unless AI Gateway or a binding has removed it. */
export function resultOf(body: JsonObject): JsonObject {
  return asObject(body['result']) ?? body;
}

import type { Json } from './providers/provider.js';

/** A file in a form: what it is called and how long it is. */
export interface UploadedFile {
  readonly name: string;
  readonly size: number;
}

/**
 * Reads a `multipart/form-data` body: texts as they are, files by their names and sizes, a field that comes several
 * times as a list. @throws where it is none.
 */
export async function readForm(body: Buffer<ArrayBuffer>, contentType: string): Promise<Json> {
  const form = await new Response(body, { headers: { 'content-type': contentType } }).formData();
  const fields: Record<string, unknown> = {};
  form.forEach((value, key) => {
    const field = typeof value === 'string' ? value : { name: value.name, size: value.size };
    const before = fields[key];
    fields[key] = before === undefined ? field : Array.isArray(before) ? [...before, field] : [before, field];
  });
  return fields;
}

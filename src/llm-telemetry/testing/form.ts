import type { Json } from './providers/provider.js';

/** File in a form. `size` is in bytes. */
export interface UploadedFile {
  readonly name: string;
  readonly size: number;
}

/**
 * Parses a `multipart/form-data` body: texts as strings, files as name and size, repeated fields as arrays.
 * @throws TypeError if the body is not valid form data.
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

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RequestListener } from 'node:http';
import * as v from 'valibot';

const FOLDER = join(import.meta.dirname, '../fixtures/real');

const HeadersSchema = v.record(v.string(), v.string());

/** A file of `test/fixtures/real`: one public report of traffic, with the record that is right for it. */
const RealReportSchema = v.strictObject({
  title: v.pipe(v.string(), v.nonEmpty()),
  /** The public issue, documentation or package type that shows the traffic. */
  source: v.pipe(v.string(), v.startsWith('https://')),
  note: v.optional(v.string()),
  request: v.strictObject({
    /** The library sees this URL; a local server responds. */
    url: v.pipe(v.string(), v.url()),
    headers: v.optional(HeadersSchema),
    /** JSON, or a text that is sent unchanged. */
    body: v.unknown(),
  }),
  response: v.pipe(
    v.strictObject({
      status: v.number(),
      headers: v.optional(HeadersSchema),
      /** JSON, or a text that is sent unchanged. */
      body: v.optional(v.unknown()),
      /** Parts of the body, each written by itself. A part can repeat a text. */
      chunks: v.optional(
        v.array(v.union([v.string(), v.strictObject({ text: v.string(), times: v.number() })])),
      ),
      /** A binary body. */
      base64: v.optional(v.string()),
    }),
    v.check(
      ({ body, chunks, base64 }) => [body, chunks, base64].filter((form) => form !== undefined).length === 1,
      'exactly one of body, chunks and base64',
    ),
  ),
  expected: v.strictObject({
    /** Members of the attempt's record; `null` if the request makes no record and no warning. */
    attempt: v.nullable(v.record(v.string(), v.unknown())),
    /** Members of the call's record. */
    call: v.optional(v.record(v.string(), v.unknown())),
  }),
});

export type RealReport = v.InferOutput<typeof RealReportSchema>;

/** Returns all reports by file name. Throws for a file with an unknown or invalid member. */
export function readRealReports(): ReadonlyArray<readonly [file: string, report: RealReport]> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => [file, parseRealReport(file, readFileSync(join(FOLDER, file), 'utf8'))]);
}

/** Parses a report. Throws for an unknown or invalid member. */
export function parseRealReport(file: string, text: string): RealReport {
  const parsed = v.safeParse(RealReportSchema, JSON.parse(text));
  if (parsed.success) return parsed.output;
  const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? ''}: ${issue.message}`);
  throw new Error(`Invalid report ${file}: ${problems.join('; ')}`);
}

/** Returns the bytes of a request body. */
export function requestBody({ request: { body } }: RealReport): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** Returns a listener that sends the response of a report. */
export function respondWith({ response }: RealReport): RequestListener {
  const { status, headers = {}, body, chunks, base64 } = response;
  return (_, target) => {
    target.writeHead(status, headers);
    if (base64 !== undefined) target.end(Buffer.from(base64, 'base64'));
    else if (chunks === undefined) target.end(typeof body === 'string' ? body : JSON.stringify(body));
    else
      void writeAll(
        chunks.map((chunk) => (typeof chunk === 'string' ? chunk : chunk.text.repeat(chunk.times))),
      );

    async function writeAll(parts: readonly string[]): Promise<void> {
      for (const part of parts) {
        target.write(part);
        await nextTurn();
      }
      target.end();
    }
  };
}

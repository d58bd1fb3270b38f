import { declareFraming, framingOf } from '../streams/framing.js';
import { BodyBranch, BodyReading } from '../streams/body-reading.js';
import type { Exchange } from '../exchanges/exchange.js';
import { guard, reportFault } from '../guard.js';
import { branchOf, inheriting, observeStream } from '../streams/observed-stream.js';
import { createStamp } from '../stamp.js';
import { observeConsumption } from '../streams/observed-readable.js';
import { isNodeReadable, ReadableBody } from './readable-body.js';

/**
 * Observes what the application reads from a `Response`. Only the prototype of the response and of its body stream is
 * swapped: the application keeps the object that `fetch` created, and the body is never teed or read by the library. If
 * the body is a stream of Node.js (node-fetch), only that is observed.
 * Returns `false` for a frozen response, which cannot be observed.
 *
 * Source: Fetch Standard, “Body mixin” and “Response”.
 */
export function observeResponse(response: Response, exchange: Exchange): boolean {
  if (!Object.isExtensible(response)) return false;
  declareFraming(exchange, response.headers.get('content-type'));
  const branch = new BodyReading(exchange).branch();
  const body: unknown = response.body;
  if (!isNodeReadable(body)) observe(response, branch);
  else if (!observeConsumption(body, new ReadableBody(exchange, branch))) branch.markUnobservable();
  return true;
}

/** The current branch of a response. Cloning replaces it. */
interface ResponseBody {
  branch: BodyBranch;
}

const responses = createStamp<ResponseBody>();

function observe(response: Response, branch: BodyBranch): void {
  responses.put(response, { branch });
  Object.setPrototypeOf(response, observedResponsePrototype(Object.getPrototypeOf(response) as Response));
}

const prototypes = new WeakMap<object, object>();

function observedResponsePrototype(base: Response): object {
  const known = prototypes.get(base);
  if (known) return known;
  const bodyOf = bodyGetter(base);
  const methods = {
    json(this: Response) {
      const branch = beginWholeRead(this, bodyOf);
      return observeWholeRead(base.json.call(this) as Promise<unknown>, branch, reportJson, this);
    },
    text(this: Response) {
      const branch = beginWholeRead(this, bodyOf);
      return observeWholeRead(base.text.call(this), branch, reportText, this);
    },
    arrayBuffer(this: Response) {
      const branch = beginWholeRead(this, bodyOf);
      return observeWholeRead(base.arrayBuffer.call(this), branch, reportBuffer, this);
    },
    bytes(this: Response) {
      const branch = beginWholeRead(this, bodyOf);
      return observeWholeRead(base.bytes.call(this), branch, reportBytes, this);
    },
    blob(this: Response) {
      const branch = beginWholeRead(this, bodyOf);
      return observeWholeRead(base.blob.call(this), branch, reportBlob, this);
    },
    formData(this: Response) {
      const branch = beginWholeRead(this, bodyOf);
      return observeWholeRead(base.formData.call(this), branch, reportForm, this);
    },
    clone(this: Response) {
      const copy = base.clone.call(this);
      const body = responses.of(this);
      if (body) guard('observing a clone', () => observeClone(this, body, copy, bodyOf));
      return copy;
    },
    get body() {
      const response = this as unknown as Response;
      const stream = bodyOf(response);
      const body = responses.of(response);
      if (stream && body && !body.branch.readWhole)
        guard('observing a stream', () => observeBody(response, stream, body.branch));
      return stream;
    },
  };
  const prototype = inheriting(base, methods);
  prototypes.set(base, prototype);
  return prototype;
}

/** A stream of another kind can only be observed if it is read as a whole. */
function observeBody(response: Response, stream: ReadableStream, branch: BodyBranch): void {
  if (typeof stream.getReader === 'function') observeStream(stream, branch);
  else if (framingOf(response.headers.get('content-type')) !== 'json') branch.markUnobservable();
}

/** Returns the branch of a body that is about to be read as a whole; `null` if there is nothing to observe. */
function beginWholeRead(
  response: Response,
  bodyOf: (response: Response) => ReadableStream | null,
): BodyBranch | null {
  const body = responses.of(response);
  // Reading a used or locked body fails and does not change the body.
  if (!body || response.bodyUsed || bodyOf(response)?.locked) return null;
  const { branch } = body;
  branch.readWhole = true;
  branch.touch();
  return branch;
}

/**
 * Passes the result of a whole read to the branch. Returns a promise derived from the platform's promise, so that an
 * unhandled rejection stays unhandled.
 */
function observeWholeRead<T>(
  reading: Promise<T>,
  branch: BodyBranch | null,
  showWhole: (branch: BodyBranch, result: T) => void,
  response: Response,
): Promise<T> {
  if (branch === null) return reading;
  return reading.then(
    (result) => {
      try {
        showWhole(branch, result);
      } catch (error) {
        reportFault('reading a body', error);
      }
      return result;
    },
    (error: unknown) => {
      // A syntax error means that the body was read to its end but is not valid JSON.
      guard('reading a body', () =>
        isSyntaxError(error)
          ? branch.finishUnparsed(isEndOfInput(error) && !announcedLength(response))
          : branch.failWhole(error, announcedLength(response)),
      );
      throw error;
    },
  );
}

/** Returns `content-length`. A compressed body is longer when decoded, so estimates from it can be too low. */
function announcedLength({ headers }: Response): number | null {
  const length = Number(headers.get('content-length') ?? Number.NaN);
  return Number.isSafeInteger(length) ? length : null;
}

function reportJson(branch: BodyBranch, body: unknown): void {
  branch.json(body);
}

function reportText(branch: BodyBranch, text: string): void {
  branch.text(text);
}

function reportBuffer(branch: BodyBranch, buffer: ArrayBuffer): void {
  branch.bytes(new Uint8Array(buffer));
}

function reportBytes(branch: BodyBranch, bytes: Uint8Array): void {
  branch.bytes(bytes);
}

/** Reading a blob again has no side effects. */
function reportBlob(branch: BodyBranch, blob: Blob): void {
  if (branch.isBinary) {
    branch.file(blob.size);
    return;
  }
  blob.arrayBuffer().then(
    (buffer) => branch.bytes(new Uint8Array(buffer)),
    (error: unknown) => branch.fail(error),
  );
}

function reportForm(branch: BodyBranch): void {
  branch.finish();
}

/** Checks the name, because the error may be of another realm. */
function isSyntaxError(error: unknown): boolean {
  return (error as { name?: unknown } | null | undefined)?.name === 'SyntaxError';
}

/** Returns whether the JSON ended where a value must begin, like an empty text. Messages of V8 and JavaScriptCore. */
function isEndOfInput(error: unknown): boolean {
  return /Unexpected (?:end|EOF)/.test(String((error as { message?: unknown }).message));
}

/** Observes both responses of a clone: cloning replaces the body stream with two branches. */
function observeClone(
  original: Response,
  body: ResponseBody,
  copy: Response,
  bodyOf: (response: Response) => ReadableStream | null,
): void {
  const [first, second] = [bodyOf(original), bodyOf(copy)];
  const seen = first && branchOf(first);
  const seenCopy = second && branchOf(second);
  // If the stream is observed already, its `tee` has split the branch.
  const isSplit = seen instanceof BodyBranch && seenCopy instanceof BodyBranch;
  const [mine, other] = isSplit ? [seen, seenCopy] : body.branch.split();
  body.branch = mine;
  observe(copy, other);
}

function bodyGetter(base: Response): (response: Response) => ReadableStream | null {
  for (let object: object | null = base; object; object = Object.getPrototypeOf(object) as object | null) {
    const getter = Object.getOwnPropertyDescriptor(object, 'body')?.get;
    if (getter) return (response) => getter.call(response) as ReadableStream | null;
  }
  return () => null;
}

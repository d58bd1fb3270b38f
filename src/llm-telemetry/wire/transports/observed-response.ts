import { BodyReading, type BodyBranch } from '../streams/body-reading.js';
import type { Exchange } from '../exchanges/exchange.js';
import { guard, reportFault } from '../guard.js';
import { branchOf, inheriting, observeStream } from '../streams/observed-stream.js';
import { createStamp } from '../stamp.js';

/**
 * Makes one `Response` tell what the application reads of it. As with its body stream, only the prototype changes: the
 * application holds the very object that `fetch` made. It is never teed and never read for our sake. Returns `false` for
 * a frozen response, which stays unobserved.
 *
 * Source: Fetch Standard, “Body mixin” and “Response”.
 */
export function observeResponse(response: Response, exchange: Exchange): boolean {
  if (!Object.isExtensible(response)) return false;
  exchange.eventStream = (response.headers.get('content-type') ?? '').includes('text/event-stream');
  observe(response, new BodyReading(exchange).branch());
  return true;
}

/** The branch of a response: cloning puts another in its place. */
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
      const branch = beginWhole(this, bodyOf);
      return show(base.json.call(this) as Promise<unknown>, branch, showJson, this);
    },
    text(this: Response) {
      const branch = beginWhole(this, bodyOf);
      return show(base.text.call(this), branch, showText, this);
    },
    arrayBuffer(this: Response) {
      const branch = beginWhole(this, bodyOf);
      return show(base.arrayBuffer.call(this), branch, showBuffer, this);
    },
    bytes(this: Response) {
      const branch = beginWhole(this, bodyOf);
      return show(base.bytes.call(this), branch, showBytes, this);
    },
    blob(this: Response) {
      const branch = beginWhole(this, bodyOf);
      return show(base.blob.call(this), branch, showBlob, this);
    },
    formData(this: Response) {
      const branch = beginWhole(this, bodyOf);
      return show(base.formData.call(this), branch, showForm, this);
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

/** The body of a library may be a stream of Node.js: of those, only what is read as a whole can be observed. */
function observeBody(response: Response, stream: ReadableStream, branch: BodyBranch): void {
  if (typeof stream.getReader === 'function') observeStream(stream, branch);
  else if ((response.headers.get('content-type') ?? '').includes('text/event-stream')) branch.lose();
}

/** The body is about to be read as a whole. `null`: nobody is to be told of it. */
function beginWhole(
  response: Response,
  bodyOf: (response: Response) => ReadableStream | null,
): BodyBranch | null {
  const body = responses.of(response);
  // Reading what was read before, or is being read, fails: the body is none the worse for it.
  if (!body || response.bodyUsed || bodyOf(response)?.locked) return null;
  const { branch } = body;
  branch.readWhole = true;
  branch.touch();
  return branch;
}

/**
 * Shows to the branch what the body was read as. The promise is derived from the platform's own: an error that nobody
 * handles stays unhandled.
 */
function show<T>(
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
      // Read to its end, but not the JSON that it should be: the error that follows is told by what was thrown.
      guard('reading a body', () =>
        isSyntaxError(error)
          ? branch.finishUnparsed(isEndOfInput(error) && !announcedLength(response))
          : branch.failWhole(error, announcedLength(response)),
      );
      throw error;
    },
  );
}

/** Of a compressed body it is less than what would be read: an estimate from it is too low rather than too high. */
function announcedLength({ headers }: Response): number | null {
  const length = Number(headers.get('content-length') ?? Number.NaN);
  return Number.isSafeInteger(length) ? length : null;
}

function showJson(branch: BodyBranch, body: unknown): void {
  branch.json(body);
}

function showText(branch: BodyBranch, text: string): void {
  branch.text(text);
}

function showBuffer(branch: BodyBranch, buffer: ArrayBuffer): void {
  branch.text(decode(new Uint8Array(buffer)));
}

function showBytes(branch: BodyBranch, bytes: Uint8Array): void {
  branch.text(decode(bytes));
}

/** A blob can be read again without anyone noticing. */
function showBlob(branch: BodyBranch, blob: Blob): void {
  blob.text().then(
    (text) => branch.text(text),
    (error: unknown) => branch.fail(error),
  );
}

function showForm(branch: BodyBranch): void {
  branch.finish();
}

/** By its name: the platform's errors need not be of the realm that this runs in. */
function isSyntaxError(error: unknown): boolean {
  return (error as { name?: unknown } | null | undefined)?.name === 'SyntaxError';
}

/** Whether JSON ended where a value has to begin, as an empty text does. In the words of V8, or of JavaScriptCore. */
function isEndOfInput(error: unknown): boolean {
  return /Unexpected (?:end|EOF)/.test(String((error as { message?: unknown }).message));
}

/** Cloning has put two branches in the place of the body's stream, one into each response. */
function observeClone(
  original: Response,
  body: ResponseBody,
  copy: Response,
  bodyOf: (response: Response) => ReadableStream | null,
): void {
  const [first, second] = [bodyOf(original), bodyOf(copy)];
  const seen = first && branchOf(first);
  const seenCopy = second && branchOf(second);
  // Where the stream had been looked at before, its own `tee` has split the branch already.
  const [mine, other] = seen && seenCopy ? [seen, seenCopy] : body.branch.split();
  body.branch = mine;
  observe(copy, other);
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function bodyGetter(base: Response): (response: Response) => ReadableStream | null {
  for (let object: object | null = base; object; object = Object.getPrototypeOf(object) as object | null) {
    const getter = Object.getOwnPropertyDescriptor(object, 'body')?.get;
    if (getter) return (response) => getter.call(response) as ReadableStream | null;
  }
  return () => null;
}

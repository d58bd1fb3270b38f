import type { Transform } from 'node:stream';
import type { BrotliOptions, ZlibOptions } from 'node:zlib';

/**
 * Decompresses the copy of a response body. Works on the thread pool, so that the application's chunk is not delayed, and
 * stops at fixed limits.
 */
export class DecodedCopy {
  private decoder: Transform | null = null;
  private size = 0;
  private isBroken = false;
  private onDone: ((isWhole: boolean) => void) | null = null;

  /** @param onBytes - receives the decompressed bytes, in order */
  constructor(
    private readonly create: DecoderFactory,
    private readonly onBytes: (bytes: Uint8Array) => void,
  ) {}

  /** Adds compressed bytes, which are copied. */
  push(chunk: Uint8Array): void {
    if (this.isBroken || chunk.length === 0) return;
    this.decoder ??= this.start(chunk);
    if (this.decoder.writableLength + chunk.length > MAX_PENDING) this.giveUp();
    else this.decoder.write(Buffer.from(chunk));
  }

  /** No more bytes follow. `done` is called once, after the last `onBytes`; `isWhole`: all bytes were decompressed. */
  end(done: (isWhole: boolean) => void): void {
    if (this.decoder === null || this.isBroken) {
      done(!this.isBroken);
      return;
    }
    this.onDone = done;
    this.decoder.end();
  }

  private start(first: Uint8Array): Transform {
    const decoder = this.create(first);
    decoder.on('data', (bytes: Uint8Array) => {
      this.size += bytes.length;
      if (this.size > MAX_DECODED) this.giveUp();
      else this.onBytes(bytes);
    });
    decoder.on('end', () => this.finish());
    decoder.on('error', () => this.giveUp());
    return decoder;
  }

  private giveUp(): void {
    this.isBroken = true;
    this.decoder?.destroy();
    this.finish();
  }

  private finish(): void {
    const { onDone } = this;
    this.onDone = null;
    onDone?.(!this.isBroken);
  }
}

/** Creates a decoder of zlib. `first`: the first bytes of the body. */
export type DecoderFactory = (first: Uint8Array) => Transform;

/** Bytes. Compressed bytes that wait for decompression. */
const MAX_PENDING = 8 * 1024 * 1024;
/** Bytes. A body that is longer when decompressed is not read further: it may be a decompression bomb. */
const MAX_DECODED = 64 * 1024 * 1024;

/**
 * Returns the decoder of a content coding; `null` if the body is not compressed, `undefined` if it cannot be decoded.
 *
 * Source: RFC 9110, 8.4.1 “Content Codings”; RFC 8878 (zstd).
 */
export function decoderOf(contentEncoding: string | null): DecoderFactory | null | undefined {
  const coding = contentEncoding?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity') return null;
  // Loaded on first use, because most responses are not compressed.
  const zlib = process.getBuiltinModule('node:zlib');
  const { constants } = zlib;
  const deflate: ZlibOptions = { finishFlush: constants.Z_SYNC_FLUSH };
  const brotli: BrotliOptions = { finishFlush: constants.BROTLI_OPERATION_FLUSH };
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return () => zlib.createGunzip(deflate);
    case 'deflate':
      // Some servers send raw deflate data without the zlib header that RFC 9110 requires.
      return (first) =>
        (first[0]! & 0x0f) === 0x08 ? zlib.createInflate(deflate) : zlib.createInflateRaw(deflate);
    case 'br':
      return () => zlib.createBrotliDecompress(brotli);
    case 'zstd':
      return () => zlib.createZstdDecompress({ finishFlush: constants.ZSTD_e_flush });
    default:
      return undefined;
  }
}

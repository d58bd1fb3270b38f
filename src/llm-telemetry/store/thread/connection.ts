import { PartCache } from '../core/call-parts.js';
import { DatabaseError, type SharedBackend } from '../core/shared-backend.js';

/** Bounds each request to a backend, which has shorter timeouts of its own. */
const REQUEST_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 400;

/** An open backend, as a source of queries. */
interface OpenBackend {
  readonly backend: SharedBackend;
  readonly parts: PartCache;
}

/**
 * Opens the backend when it is needed, and replaces it if a request takes so long that its connections cannot be trusted.
 */
export class Connection {
  /** True once a backend was open. */
  wasOpen = false;
  private loaded: SharedBackend | null = null;
  private current: OpenBackend | null = null;
  private opening: Promise<OpenBackend> | null = null;
  private closed = false;

  constructor(private readonly load: () => Promise<SharedBackend>) {}

  /** The backend; `null` while it is not loaded. */
  get backend(): SharedBackend | null {
    return this.loaded;
  }

  /** Returns what queries are answered from. @throws DatabaseError */
  async source(): Promise<OpenBackend> {
    return this.current ?? (this.opening ??= this.open().finally(() => (this.opening = null)));
  }

  /** @throws the error of `request`, or DatabaseError if the backend cannot be opened or does not respond */
  async use<T>(request: (backend: SharedBackend) => Promise<T>): Promise<T> {
    const { backend } = await this.source();
    return this.bounded(backend, request(backend));
  }

  /** Discards cheap measures: calls were written. */
  clearParts(): void {
    this.current?.parts.clear();
  }

  /** Closes the backend within a bounded time. Never rejects. */
  async close(): Promise<void> {
    this.closed = true;
    await this.discard();
  }

  private async open(): Promise<OpenBackend> {
    if (this.closed) throw new DatabaseError('unreachable', 'The store is closed.');
    try {
      const backend = (this.loaded ??= await this.load());
      await this.bounded(backend, backend.open());
      this.wasOpen = true;
      return (this.current = { backend, parts: new PartCache(backend) });
    } catch (error) {
      // Such as a driver that is not installed. It is not the fault of any call.
      throw error instanceof DatabaseError ? error : new DatabaseError('unreachable', messageOf(error));
    }
  }

  private async bounded<T>(backend: SharedBackend, request: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        if (this.loaded === backend) void this.discard();
        reject(new DatabaseError('timeout', `It did not respond within ${REQUEST_TIMEOUT_MS / 1000} s.`));
      }, REQUEST_TIMEOUT_MS);
    });
    try {
      return await Promise.race([request, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async discard(): Promise<void> {
    const { loaded } = this;
    this.loaded = this.current = null;
    if (!loaded) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    });
    await Promise.race([loaded.close().catch(() => undefined), late]);
    clearTimeout(timer);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error';
}

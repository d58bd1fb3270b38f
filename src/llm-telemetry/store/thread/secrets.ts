import { DatabaseError } from '../core/shared-backend.js';

/** How long the function of the application can take. */
const TIMEOUT_MS = 10_000;

/** Asks the application's thread for the password. */
export class Secrets {
  private readonly pending = new Map<number, (secret: string | null) => void>();
  private nextId = 0;
  private last: string | null = null;
  private closing = false;

  constructor(private readonly request: (id: number) => void) {}

  /** @throws DatabaseError */
  async ask(): Promise<string> {
    if (this.closing && this.last !== null) return this.last;
    const id = this.nextId++;
    const secret = await new Promise<string | null>((resolve) => {
      const timer = setTimeout(() => this.answer(id, null), TIMEOUT_MS);
      this.pending.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.request(id);
    });
    if (secret === null)
      throw new DatabaseError(
        'refused',
        'The function that returns the password failed or took longer than 10 s.',
      );
    this.last = secret;
    return secret;
  }

  /** From now on, the last password is used: the thread of a process that exits does not answer. */
  close(): void {
    this.closing = true;
  }

  answer(id: number, secret: string | null): void {
    this.pending.get(id)?.(secret);
    this.pending.delete(id);
  }
}

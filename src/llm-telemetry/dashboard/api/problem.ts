/** What is wrong, in the shape of Nest's own errors. @publicApi */
export interface Problem {
  readonly statusCode: number;
  /** A sentence for people. */
  readonly message: string;
  readonly error?: string;
}

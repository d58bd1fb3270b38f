/** Body of an error response, in the shape of Nest's errors. @publicApi */
export interface Problem {
  readonly statusCode: number;
  /** Human-readable description. */
  readonly message: string;
  readonly error?: string;
}

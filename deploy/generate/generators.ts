import type { GenerateOptions } from './options.js';

/** A file that is generated, below the folder `--out`. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

export type Generator = (options: GenerateOptions) => readonly GeneratedFile[];

/** What is generated. */
export const GENERATORS: readonly Generator[] = [];

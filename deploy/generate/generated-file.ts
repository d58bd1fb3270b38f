/** Generated file; `path` is relative to `--out`. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

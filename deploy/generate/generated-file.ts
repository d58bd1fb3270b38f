/** A file that is generated, below the folder `--out`. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}
